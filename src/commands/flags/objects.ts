import type { Command } from 'commander'

import { readText } from '../../delivery/files/text-file.ts'
import { type FindOptions, readPlaces } from '../../delivery/pin.ts'
import { createPathParser } from './path.ts'
import { collectValues } from './repeated.ts'

export interface ObjectFlags {
  readonly runtimeClass?: readonly string[]
  readonly places?: string
  readonly exclude?: readonly string[]
}

export const addObjectOptions = (command: Command): Command =>
  addPlaceOptions(command).option(
    '--exclude <glob>',
    'leave out files in directories whose path matches (repeatable)',
    collectValues,
  )

/** The options that say where references are looked for. */
export const addPlaceOptions = (command: Command): Command =>
  command
    .option(
      '--runtime-class <name>',
      'RuntimeClass whose pods run Wasm, besides wasmtime, wasmedge and wasmer (repeatable)',
      collectValues,
    )
    .option(
      '--places <file>',
      'further kinds of objects that refer to Wasm artifacts',
      createPathParser('--places'),
    )

/** Where references are looked for. */
export async function readFindOptions(
  { runtimeClass, places }: ObjectFlags,
  signal: AbortSignal,
): Promise<FindOptions> {
  return {
    ...(runtimeClass && { runtimeClasses: runtimeClass }),
    ...(places !== undefined && {
      places: readPlaces(await readText(places, 'list of places', signal), places),
    }),
  }
}
