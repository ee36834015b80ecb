import { type OutputFlags, type Define, withExamples } from './cli/command.ts'
import { withOutput } from './flags/output.ts'
import { describeManifest } from '../oci/manifest.ts'
import { parseNamedReference } from './flags/references.ts'
import { readOpener, type TransportFlags, withTransport } from './flags/transport.ts'

export const resolve: Define = (command, begin) => {
  command
    .description('Print REPOSITORY@DIGEST for what a tag names now: the form to pin, to sign and to deploy.')
    .argument('<reference>', 'artifact by tag or digest')
    .action(async (text: string, flags: OutputFlags & TransportFlags) => {
      const context = begin(flags)
      const { reference, name } = parseNamedReference(text)
      const openTarget = await readOpener(flags, context)
      const target = await openTarget(reference)
      // Read, not believed: what HEAD says is what the registry says, and some say it wrongly.
      const manifest = await target.manifest(name, { signal: context.signal })
      const { digest, mediaType, size } = describeManifest(manifest)
      const url = `${target.name}@${digest}`
      context.reporter.result(
        {
          url,
          repository: target.name,
          ...(reference.tag ? { tag: reference.tag } : {}),
          digest,
          mediaType,
          size,
        },
        url,
      )
    })
  withExamples(withOutput(withTransport(command)), 'wasmpack resolve registry.example.com/team/app:1.0.0')
}
