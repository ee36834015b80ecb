// The source of assets/wasm-tools/wit-worker.js, which runs in a worker thread: encodes a world of WIT text with the wasm-tools
// that jco is made with. What it is given as a directory is all that it sees; `text` stands for a file without any. `modules` are
// those of wasm-tools, by their names.
import { parentPort, workerData } from 'node:worker_threads'

import { _setFileData } from '@bytecodealliance/preview2-shim/filesystem'
import { $init, tools } from '@bytecodealliance/jco-transpile/vendor/wasm-tools'

/** @type {{ readonly directory?: import('../src/delivery/targets/wit-text.ts').WitDirectory, readonly text?: string, readonly world?: string, readonly modules: Readonly<Record<string, Uint8Array>> }} */
const { directory, text, world } = workerData
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
await $init
if (directory) _setFileData({ dir: { wit: directory } })
try {
  const source = directory ? { witPath: '/wit' } : { witSource: text }
  const encoded = tools.componentEmbed({ ...source, world, dummy: true })
  port.postMessage({ encoded }, [encoded.buffer])
} catch (error) {
  // What wasm-tools says is a string; anything else is a trap.
  const { payload } = /** @type {{ readonly payload?: unknown }} */ (error ?? {})
  port.postMessage({ problem: typeof payload === 'string' ? payload : undefined }, [])
}
