import { resolveArtifact } from '../delivery/resolve.ts'
import type { DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import { addTransportOptions, type TransportFlags } from './flags/transport.ts'

export const resolveCommand: DefineCommand = (command, createContext) => {
  command
    .description('Print a reference as REPOSITORY@DIGEST: the form to pin, sign and deploy.')
    .argument('<reference>', 'artifact by tag or digest')
    .action(async (text: string, flags: OutputFlags & TransportFlags) => {
      const context = createContext(flags)
      const { reference, name, target } = await openReference(text, flags, context)
      const result = await resolveArtifact(target, name, { signal: context.signal })
      const { tag } = reference
      context.reporter.result({ ...result, ...(tag === undefined ? {} : { tag }) }, result.url)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack resolve registry.example.com/team/app:1.0.0',
  )
}
