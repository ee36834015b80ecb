// The source of assets/wasm-tools/wit-worker.js, which runs in a worker thread: encodes a world of WIT text with the wasm-tools
// that jco is made with. What it is given as a directory is all that it sees; `text` stands for a file without any.
import { parentPort, workerData } from 'node:worker_threads'

import { _setFileData } from '@bytecodealliance/preview2-shim/filesystem'
import { $init, tools } from '@bytecodealliance/jco-transpile/vendor/wasm-tools'

const { directory, text, world } = workerData
await $init
if (directory) _setFileData({ dir: { wit: directory } })
try {
  const source = directory ? { witPath: '/wit' } : { witSource: text }
  const encoded = tools.componentEmbed({ ...source, world, dummy: true })
  parentPort.postMessage({ encoded }, [encoded.buffer])
} catch (error) {
  // What wasm-tools says is a string; anything else is a trap.
  const problem = typeof error?.payload === 'string' ? error.payload : undefined
  parentPort.postMessage({ problem }, [])
}
