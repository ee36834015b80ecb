// Hands mutants of modules and components to everything that reads them, on every core, under a watchdog: a mutant that does not
// end, an error of the wrong kind, work out of proportion or memory beyond its bound ends the run with the mutant's number.
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

import { build } from 'rolldown'

const USAGE = `npm run fuzz -- [--seed N] [--start N] [--count N] [--jobs N] [--write FILE]
  --seed N      what the mutants are derived from (default: 24301)
  --start N     the first one's number (default: 0)
  --count N     how many (default: 1000000)
  --jobs N      how many at a time (default: one per core)
  --write FILE  write the first one into a file, and do nothing else`

/** One mutant may take this long, in milliseconds; they take less than one as a rule. */
const PATIENCE = 10_000
/** In MiB: of the heap of each job. */
const HEAP = 256
/**
 * In MiB: of the whole process, buffers and all.
 * @param {number} jobs
 */
const MEMORY = (jobs) => 256 + 512 * jobs

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '24301' },
    start: { type: 'string', default: '0' },
    count: { type: 'string', default: '1000000' },
    jobs: { type: 'string', default: `${availableParallelism()}` },
    write: { type: 'string' },
    help: { type: 'boolean' },
  },
})
const [seed, start, count, jobs] = /** @type {const} */ ([
  Number(values.seed),
  Number(values.start),
  Number(values.count),
  Number(values.jobs),
])
if (values.help || ![seed, start, count, jobs].every(Number.isSafeInteger) || jobs < 1) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

process.chdir(new URL('..', import.meta.url).pathname)
const directory = 'node_modules/.cache/wasmpack-fuzz'
await build({
  input: ['test/fuzz/worker.ts', 'test/fuzz/run.ts'],
  platform: 'node',
  logLevel: 'warn',
  // The fixtures are found from where their reader stands.
  transform: { define: { 'import.meta.dirname': JSON.stringify(resolve('test/support')) } },
  resolve: { alias: { yaml: resolve('node_modules/yaml/browser/index.js') } },
  output: { dir: directory, format: 'esm', entryFileNames: '[name].mjs', sourcemap: 'inline' },
})

if (values.write !== undefined) {
  const { mutantOf } = await import(`../${directory}/run.mjs`)
  writeFileSync(values.write, mutantOf(seed, start))
  process.exit()
}

const begun = performance.now()
let peak = 0

/**
 * @param {number} from
 * @param {number} to
 * @returns {Promise<import('../test/fuzz/run.ts').Summary>}
 */
function exercise(from, to) {
  const current = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL(`../${directory}/worker.mjs`, import.meta.url), {
    workerData: { range: { seed, from, to }, current },
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
    execArgv: ['--enable-source-maps'],
  })
  let last = -1
  let since = performance.now()
  const watch = setInterval(() => {
    const number = Atomics.load(current, 0)
    const now = performance.now()
    if (number !== last) [last, since] = [number, now]
    else if (now - since > PATIENCE) fail(number, `it has not ended after ${PATIENCE / 1000} s`)
    const memory = process.memoryUsage.rss() / 2 ** 20
    peak = Math.max(peak, memory)
    if (memory > MEMORY(jobs)) fail(number, `the process has taken ${memory.toFixed()} MiB`)
  }, 250)
  return new Promise((resolve) => {
    worker.on('message', resolve)
    worker.on('error', (error) => {
      const { number } = /** @type {Partial<import('../test/fuzz/run.ts').Fault>} */ (error)
      fail(number ?? Atomics.load(current, 0), error)
    })
  }).finally(() => clearInterval(watch))
}

/**
 * @param {number} number of the mutant
 * @param {unknown} reason
 */
function fail(number, reason) {
  console.error(reason)
  console.error(
    `\nmutant ${number} of seed ${seed}; again: npm run fuzz -- --seed ${seed} --start ${number} --count 1`,
  )
  process.exit(1)
}

const share = Math.ceil(count / jobs)
const ranges = Array.from({ length: jobs }, (_, job) => ({
  from: start + job * share,
  to: start + Math.min(count, (job + 1) * share),
}))
const summaries = await Promise.all(
  ranges.filter(({ from, to }) => to > from).map(({ from, to }) => exercise(from, to)),
)

/** @type {Record<string, number>} */
const outcomes = {}
for (const summary of summaries)
  for (const [outcome, times] of Object.entries(summary.outcomes))
    outcomes[outcome] = (outcomes[outcome] ?? 0) + times
const seconds = (performance.now() - begun) / 1000
const { number, stepsPerByte } = summaries
  .map(({ hardest }) => hardest)
  .reduce((a, b) => (a.stepsPerByte < b.stepsPerByte ? b : a))
console.log(`${count} mutants of seed ${seed} from ${start}, in ${seconds.toFixed(1)} s by ${jobs} jobs`)
for (const [outcome, times] of Object.entries(outcomes))
  console.log(`  ${String(times).padStart(8)}  ${outcome}`)
console.log(
  `  ${(summaries.reduce((sum, { bytes }) => sum + bytes, 0) / count).toFixed()} bytes each on average`,
)
console.log(`  ${stepsPerByte.toFixed(2)} steps for each byte at most (mutant ${number})`)
console.log(`  ${peak.toFixed()} MiB at most`)
