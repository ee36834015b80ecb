import type { Command } from 'commander'

import { READER_NAMES, type Reader } from '../../delivery/readers.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'

export interface ReaderFlags {
  readonly for?: string
}

export const addReadersOption = (command: Command): Command =>
  command.option(
    '--for <consumers>',
    `refuse an artifact that these consumers do not read, separated by commas: ${READER_NAMES.join(', ')}`,
  )

/** Throws USAGE for an unknown consumer. */
export const readReaderFlags = (flags: ReaderFlags): readonly Reader[] =>
  flags.for === undefined ? [] : flags.for.split(',').map(parseReader)

function parseReader(text: string): Reader {
  const found = READER_NAMES.find((name) => name === text.trim())
  if (found !== undefined) return found
  throw new WasmpackError('USAGE', `--for names ${quoted(text)}, which is not a known consumer`, {
    hint: `known are ${READER_NAMES.join(', ')}`,
  })
}
