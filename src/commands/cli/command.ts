import type { Command } from 'commander'

import type { Environment } from '../../config/environment.ts'
import type { Format, Reporter } from '../../ui/reporter.ts'

/** `F`: formats that a command has beside text and JSON. */
export interface OutputFlags<F extends string = never> {
  readonly format: Format | F
  readonly debug?: boolean
}

/** What every command runs in. */
export interface Context {
  readonly reporter: Reporter
  readonly environment: Environment
  /** Aborted by SIGINT and SIGTERM, and by --timeout; its reason is the error to end with. */
  readonly signal: AbortSignal
}

/** Called by a command's action once its flags are parsed. */
export type CreateContext = (flags: OutputFlags<string> & { readonly timeout?: number }) => Context

/** Adds arguments, flags, examples and the action to a command; `entries` is the whole table. */
export type DefineCommand = (
  command: Command,
  createContext: CreateContext,
  entries: readonly CommandEntry[],
) => void

/** A row of the command table. `load` imports the command's module: only to run it or to show its help. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<DefineCommand>
}
