import type { Command } from 'commander'

import type { Environment } from '../../config/environment.ts'
import type { Format, Reporter } from '../../ui/reporter.ts'

/** `F`: documents that a verb prints beside the formats that every verb has. */
export interface OutputFlags<F extends string = never> {
  readonly format: Format | F
  readonly debug?: boolean
}

/** What every verb runs in. */
export interface Context {
  readonly reporter: Reporter
  readonly environment: Environment
  /** Aborted by SIGINT and SIGTERM; its reason is the error to end with. */
  readonly signal: AbortSignal
}

/** Called by a verb's action once its flags are known. */
export type Begin = (flags: OutputFlags<string>) => Context

/** Describes a verb to the parser: its arguments, flags and examples, and the action that runs it. `verbs` is the whole table. */
export type Define = (command: Command, begin: Begin, verbs: readonly Verb[]) => void

/** A verb's place in the table: its module is loaded only when it runs, or when help for it is wanted. */
export interface Verb {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Define>
}

/** The examples that end a verb's help: each a line of shell. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`)
}
