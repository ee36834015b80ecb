import { tagArtifact } from '../delivery/tag.ts'
import type { DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { parseTag, parseTagOrDigest } from './flags/references.ts'
import { addTransportOptions, readOpener, type TransportFlags } from './flags/transport.ts'

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
      const result = await tagArtifact(await openTarget(reference), name, tags, { signal: context.signal })
      context.reporter.result(result, result.url)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack tag registry.example.com/team/app@sha256:... 1.0 latest',
  )
}
