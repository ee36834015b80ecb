// TypeScript of this repository for the benchmarks, which run on plain Node.
import { build } from 'esbuild'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = new URL('..', import.meta.url).pathname

/** Imports a source file with all that it needs as one file. */
export async function bundled(path) {
  const directory = join(root, 'node_modules/.cache/wasmpack-bench')
  mkdirSync(directory, { recursive: true })
  const outfile = join(directory, `${basename(path, '.ts')}.mjs`)
  const entryPoints = [join(root, path)]
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20' })
  return import(outfile)
}
