import { discover } from '../attestations/discover.ts'
import { printable } from '../printable.ts'
import { type OutputFlags, type Define, withExamples } from './cli/command.ts'
import { withOutput } from './flags/output.ts'
import { parseNamedReference } from './flags/references.ts'
import { readOpener, type TransportFlags, withTransport } from './flags/transport.ts'

interface Flags extends OutputFlags, TransportFlags {
  readonly artifactType?: string
}

export const discoverVerb: Define = (command, begin) => {
  command
    .description(
      'List what refers to an artifact: signatures, attestations, SBOMs. Listed is not verified: see wasmpack verify.',
    )
    .argument('<reference>', 'artifact by tag or digest')
    .option('--artifact-type <type>', 'only what has this artifact type')
    .action(async (text: string, flags: Flags) => {
      const context = begin(flags)
      const { reference, name } = parseNamedReference(text)
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
  withExamples(withOutput(withTransport(command)), 'wasmpack discover registry.example.com/team/app:1.0.0')
}
