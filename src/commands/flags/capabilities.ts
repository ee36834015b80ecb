import type { Command } from 'commander'

export interface CapabilityFlags {
  readonly capabilities?: string
}

export const addCapabilitiesOption = (command: Command, meaning: string): Command =>
  command.option('-c, --capabilities <file>', meaning)
