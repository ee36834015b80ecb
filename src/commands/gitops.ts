import type { DefineCommand } from './cli/command.ts'
import { requireSubcommand } from './cli/subcommand.ts'
import { defineGenerate } from './gitops/generate.ts'
import { defineInit } from './gitops/init.ts'
import { definePin } from './gitops/pin.ts'
import { definePush } from './gitops/push.ts'

export const gitopsCommand: DefineCommand = (command, createContext) => {
  command.description(
    'Pin the Wasm references of Kubernetes objects to what was admitted, and push the objects.',
  )
  defineInit(command.command('init'), createContext)
  definePin(command.command('pin'), createContext)
  defineGenerate(command.command('generate'), createContext)
  definePush(command.command('push'), createContext)
  requireSubcommand(command)
}
