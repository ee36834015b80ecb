import { discover } from '../attestations/discover.ts'
import { printable } from '../printable.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'

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
      const { reference, name } = parseTagOrDigest(text)
      const openTarget = await readOpener(flags, context)
      const target = await openTarget(reference)
      const { digest } = await target.resolve(name, { signal: context.signal })
      const { artifactType } = flags
      const referrers = await discover(target, digest, { signal: context.signal, artifactType })
      const url = `${target.name}@${digest}`
      const lines = referrers.map(
        ({ kind, artifactType, predicateType, digest }) =>
          `  ${kind.padEnd(11)} ${digest}  ${printable(predicateType ?? artifactType ?? '')}`,
      )
      context.reporter.result(
        { url, repository: target.name, digest, referrers },
        [url, ...(lines.length > 0 ? lines : ['  nothing refers to it'])].join('\n'),
      )
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack discover registry.example.com/team/app:1.0.0',
  )
}
