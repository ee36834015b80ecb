import { Worker } from 'node:worker_threads'

import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { readAsset } from '../assets.ts'

const WORKER = 'wit-worker.js'
const MODULES = ['wasm-tools.core.wasm', 'wasm-tools.core2.wasm'] as const
const TIME_LIMIT = 20_000
const MESSAGE_LIMIT = 2_000

/** WIT text: of one file, or a directory with what it depends on. */
export type WitText = { readonly text: string } | { readonly directory: WitDirectory }

/** In the form that the worker's file system has. */
export interface WitDirectory {
  readonly dir: Readonly<Record<string, WitDirectory | { readonly source: Uint8Array }>>
}

/**
 * Encodes a world of WIT text: gives a core module with the binary WIT package in a custom section. wasm-tools does it in
 * a thread of its own, which sees nothing but the text and is bounded in memory and time. Throws WIT_INVALID.
 */
export async function encodeWorld(
  wit: WitText,
  world: string | undefined,
  path: string,
): Promise<Uint8Array> {
  const { encoded, problem } = await runWorker({ ...wit, world })
  if (encoded !== undefined) return encoded
  const said = problem === undefined ? 'wasm-tools failed to parse it' : (TERSE[problem] ?? problem)
  const shown = printable(said.slice(0, MESSAGE_LIMIT).replaceAll(/\s+/g, ' '))
  if (WHICH_WORLD.test(said))
    throw new WasmpackError('USAGE', `WIT ${path} does not select one world: ${shown}`, {
      hint: said.startsWith('World `')
        ? `list its worlds with: wasm-tools component wit ${path}`
        : 'name a world of it with --target',
    })
  throw new WasmpackError('WIT_INVALID', `WIT ${path} is invalid: ${shown}`, {
    hint: MISSING_PACKAGE.test(said)
      ? 'give a directory that has the WIT of that package in deps/, as wkg wit fetch puts it there'
      : `see where with: wasm-tools component wit ${path}`,
  })
}

/** What wasm-tools says of a directory, and what it means. */
const TERSE: Readonly<Record<string, string>> = {
  'failed to parse package: /wit': 'syntax error, or a reference to a missing package',
}
const MISSING_PACKAGE = /^package '[^']*' not found/
const WHICH_WORLD = /^(?:There are (?:multiple|no) worlds|World `|no world)/i

interface Answer {
  readonly encoded?: Uint8Array
  /** What wasm-tools said; absent if it broke down. */
  readonly problem?: string
}

async function runWorker(task: object): Promise<Answer> {
  const [source, ...modules] = await Promise.all(
    [WORKER, ...MODULES].map((name) => readAsset(`wasm-tools/${name}`)),
  )
  // As text, since a file inside the standalone executable has no address.
  const worker = new Worker(
    new URL(`data:text/javascript;base64,${Buffer.from(source!).toString('base64')}`),
    {
      workerData: { ...task, modules: Object.fromEntries(MODULES.map((name, at) => [name, modules[at]])) },
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    },
  )
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Answer>((resolve) => {
      worker.once('message', resolve)
      worker.once('error', () => resolve({}))
      worker.once('exit', () => resolve({}))
      timer = setTimeout(() => resolve({ problem: `it took longer than ${TIME_LIMIT / 1000} s` }), TIME_LIMIT)
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
