import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { describeManifest } from '../oci/manifest.ts'
import { parseTagOrDigest } from './flags/references.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'

export const resolveCommand: DefineCommand = (command, createContext) => {
  command
    .description('Print a reference as REPOSITORY@DIGEST: the form to pin, sign and deploy.')
    .argument('<reference>', 'artifact by tag or digest')
    .action(async (text: string, flags: OutputFlags & TransportFlags) => {
      const context = createContext(flags)
      const { reference, name } = parseTagOrDigest(text)
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
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack resolve registry.example.com/team/app:1.0.0',
  )
}
