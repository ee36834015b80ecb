// TypeScript of this repository for scripts, which run on a Node that knows JavaScript alone.
import { rename } from 'node:fs/promises'
import { join } from 'node:path'

import { build } from 'rolldown'

const root = new URL('..', import.meta.url).pathname

/**
 * Writes a source file with all that it needs as one ECMAScript module, and returns its path.
 * @param {string} source from the root of the repository
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
  // Another process may be reading what this one writes.
  await rename(part, file)
  return file
}
