import { addAbortSignal, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'

import type { ColdStart, ColdStartOptions, InspectedFile } from '../runtimes/cold-start.ts'
import { measureV8 } from '../runtimes/measure-v8.ts'
import { measureWasmtime } from '../runtimes/measure-wasmtime.ts'
import type { Inspection } from '../wasm/types/inspection.ts'
import { openModuleFile } from './files/module-file.ts'

/** What a host pays before the first instruction of a module: the bytes that travel to it, and the time to get it ready. */
export interface StartCost {
  /** Of the layer, which is the module as it is. */
  readonly bytes: number
  /** The same for a transport that compresses with gzip (level 6); registries and containerd do not by themselves. */
  readonly gzipBytes: number
  readonly coldStarts: readonly ColdStart[]
}

/** How often each time is taken. */
const ROUNDS = 5

/** Of a module on the disk. Throws FILE_UNREADABLE, or the reason of an aborted signal. */
export async function measureStartCost(
  path: string,
  inspection: Inspection,
  signal: AbortSignal,
): Promise<StartCost> {
  return {
    bytes: inspection.size,
    gzipBytes: await measureGzipSize(path, signal),
    coldStarts:
      inspection.kind === 'wit'
        ? []
        : await measureColdStarts({ path, inspection }, { rounds: ROUNDS, signal }),
  }
}

async function measureGzipSize(path: string, signal: AbortSignal): Promise<number> {
  const module = await openModuleFile(path)
  try {
    let size = 0
    const compressed = addAbortSignal(signal, createGzip({ level: 6 }))
    const source = Readable.from(module.stream(), { objectMode: false }).pipe(compressed)
    for await (const chunk of source) size += (chunk as Buffer).length
    return size
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    await module.close()
  }
}

/** Every runtime that wasmpack knows to ask, one after the other so that none disturbs another; a missing one is named. */
async function measureColdStarts(
  file: InspectedFile,
  options: ColdStartOptions,
): Promise<readonly ColdStart[]> {
  return [await measureV8(file, options), await measureWasmtime(file, options)]
}
