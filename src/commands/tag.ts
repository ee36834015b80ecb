import { tagArtifact } from '../delivery/tag.ts'
import type { DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import { parseTag } from './flags/references.ts'
import { addTransportOptions, type TransportFlags } from './flags/transport.ts'

export const tagCommand: DefineCommand = (command, createContext) => {
  command
    .description('Add tags to an artifact in its repository. Nothing else is written.')
    .argument('<reference>', 'artifact by tag or digest')
    .argument('<tag...>', 'tags to add')
    .action(async (text: string, words: readonly string[], flags: OutputFlags & TransportFlags) => {
      const context = createContext(flags)
      const tags = words.map(parseTag)
      const { name, target } = await openReference(text, flags, context, 'push')
      const result = await tagArtifact(target, name, tags, { signal: context.signal })
      context.reporter.result(result, result.url)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack tag registry.example.com/team/app@sha256:... 1.0 latest',
  )
}
