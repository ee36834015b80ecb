import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { generatedComponents } from './generated-components.ts'
import { peer } from './peer.ts'

const SEED = 20_260_401
/** In bytes. */
const SMITH_SEED = 8192
/** What smith exits with when a seed makes no module. */
const NO_MODULE = 2

/** What the oldest Node that is supported does not know. */
const WITHOUT_RECENT = [
  'gc',
  'memory64',
  'compact-imports',
  'custom-page-sizes',
  'custom-descriptors',
  'exceptions',
  'relaxed-simd',
  'tail-call',
  'shared-everything-threads',
  'wide-arithmetic',
].flatMap((proposal) => [`--${proposal}-enabled`, 'false'])

/** Fills a directory with components as wasm-tools assembles them. */
export function writeComponents(directory: string, count: number): void {
  const script = join(directory, 'components.wast')
  writeFileSync(script, generatedComponents(SEED, count).join('\n'))
  const output = join(directory, 'components.json')
  execFileSync(peer('wasm-tools'), ['json-from-wast', script, '--wasm-dir', directory, '-o', output])
}

/** Fills a directory with modules that wasm-smith makes of seeds: valid, with imports and exports; Node reads every other. */
export function writeSmithModules(directory: string, count: number): void {
  const counts = ['--min-imports', '3', '--max-imports', '40', '--min-exports', '2']
  for (let seed = 0, made = 0; made < count; seed++) {
    const options = seed % 2 === 0 ? counts : [...counts, '--max-memories', '1', ...WITHOUT_RECENT]
    const input = createHash('shake256', { outputLength: SMITH_SEED }).update(`${SEED} ${seed}`).digest()
    const run = spawnSync(peer('wasm-tools'), ['smith', ...options, '-o', join(directory, `${seed}.wasm`)], {
      input,
    })
    if (run.status === 0) made += 1
    else if (run.status !== NO_MODULE) throw new Error(`wasm-tools smith: ${run.stderr.toString()}`)
  }
}
