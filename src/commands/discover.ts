import { discoverReferrers } from '../delivery/discover.ts'
import type { DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import { addTransportOptions, type TransportFlags } from './flags/transport.ts'
import { describeReferrers } from './show/referrers.ts'

interface Flags extends OutputFlags, TransportFlags {
  readonly artifactType?: string
}

export const discoverCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      'List the referrers of an artifact: signatures, attestations, SBOMs. They are not verified; see wasmpack verify.',
    )
    .argument('<reference>', 'artifact by tag or digest')
    .option('--artifact-type <type>', 'list only referrers of this artifact type')
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const { name, target } = await openReference(text, flags, context)
      const { artifactType } = flags
      const result = await discoverReferrers(target, name, {
        signal: context.signal,
        artifactType,
        onUnreadable: ({ message }) =>
          context.reporter.warn(`the list of referrers may be incomplete: ${message}`),
      })
      context.reporter.result(result, describeReferrers(result))
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack discover registry.example.com/team/app:1.0.0',
  )
}
