import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { parseTag, parseTagOrDigest } from './flags/references.ts'
import { readOpener, type TransportFlags, addTransportOptions } from './flags/transport.ts'

export const tagCommand: DefineCommand = (command, createContext) => {
  command
    .description('Add tags to an artifact in its repository. Nothing else is written.')
    .argument('<reference>', 'artifact by tag or digest')
    .argument('<tag...>', 'tags to add')
    .action(async (text: string, words: readonly string[], flags: OutputFlags & TransportFlags) => {
      const context = createContext(flags)
      const tags = words.map(parseTag)
      const { reference, name } = parseTagOrDigest(text)
      const openTarget = await readOpener(flags, context, 'push')
      const target = await openTarget(reference)
      const manifest = await target.manifest(name, { signal: context.signal })
      for (const tag of tags) await target.pushManifest(manifest, tag, { signal: context.signal })
      const url = `${target.name}@${manifest.digest}`
      context.reporter.result({ url, repository: target.name, digest: manifest.digest, tags }, url)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack tag registry.example.com/team/app@sha256:... 1.0 latest',
  )
}
