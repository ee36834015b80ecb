import { type Command, Help, type HelpConfiguration } from 'commander'

/** Headings of the options that many commands share: help prints them after the examples, the documentation prints them once. */
export const CREDENTIAL_OPTIONS = 'Registry credentials:'
export const CONNECTION_OPTIONS = 'Registry connection:'
export const SERVICE_OPTIONS = 'Signing services:'
export const TOKEN_OPTIONS = 'Identity token:'
export const SHARED_GROUPS: readonly string[] = [
  SERVICE_OPTIONS,
  TOKEN_OPTIONS,
  CREDENTIAL_OPTIONS,
  CONNECTION_OPTIONS,
]

const examples = new WeakMap<Command, readonly string[]>()

/** Adds examples to a command's help; each is one line of shell. */
export function addExamples(command: Command, ...lines: readonly string[]): Command {
  examples.set(command, lines)
  return command
}

/** The examples that `addExamples` gave to a command. */
export const examplesOf = (command: Command): readonly string[] => examples.get(command) ?? []

export const HELP: HelpConfiguration = {
  helpWidth: 110,
  // The terminal's width wraps descriptions, not the source's line breaks.
  commandDescription: (command) => command.description().replaceAll('\n', ' '),
  // Shared groups last, in whatever order a command adds its options.
  groupItems: (_all, visible, getGroup) => {
    const sorted = visible.toSorted(
      (one, other) => SHARED_GROUPS.indexOf(getGroup(one)) - SHARED_GROUPS.indexOf(getGroup(other)),
    )
    return new Help().groupItems(sorted, visible, getGroup)
  },
  formatHelp: (command, helper) => {
    const { own, shared } = splitHelp(Help.prototype.formatHelp.call(helper, command, helper as Help))
    const lines = examples.get(command)
    if (lines === undefined) return own + shared
    return `${own.trimEnd()}\n\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}${shared === '' ? '' : `\n${shared}`}`
  },
}

/** Splits the help of a command before the first group that many commands share. */
export function splitHelp(text: string): { readonly own: string; readonly shared: string } {
  const starts = SHARED_GROUPS.map((heading) => text.indexOf(`\n${heading}\n`)).filter((at) => at >= 0)
  const at = starts.length === 0 ? text.length : Math.min(...starts) + 1
  return { own: text.slice(0, at), shared: text.slice(at) }
}
