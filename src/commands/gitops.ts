import type { DefineCommand } from './cli/command.ts'
import { requireSubcommand } from './cli/subcommand.ts'
import { definePin } from './gitops/pin.ts'

export const gitopsCommand: DefineCommand = (command, createContext) => {
  command.description('Pin the Wasm references of Kubernetes objects to what was admitted.')
  definePin(command.command('pin'), createContext)
  requireSubcommand(command)
}
