// Makes the TypeScript of this repository available to scripts: Node 20 runs JavaScript only.
import { rename } from 'node:fs/promises'
import { join } from 'node:path'

import { build } from 'rolldown'

const root = new URL('..', import.meta.url).pathname

/**
 * Bundles a source file into one ECMAScript module and returns the path of that.
 * @param {string} source relative to the repository
 */
export async function bundleSource(source) {
  const file = join(root, 'node_modules/.cache/wasmpack', source.replace(/\.ts$/, '.mjs'))
  const part = `${file}.${process.pid}`
  await build({
    input: join(root, source),
    platform: 'node',
    logLevel: 'warn',
    output: { file: part, format: 'esm', codeSplitting: false },
  })
  // Another process may load the file at the same time.
  await rename(part, file)
  return file
}
