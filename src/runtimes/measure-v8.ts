import { isSea } from 'node:sea'

import { runBounded } from '../processes/bounded-process.ts'
import { printable } from '../printable.ts'
import type { CoreImport, ModuleInspection } from '../wasm/types/inspection.ts'
import {
  type ColdStart,
  type ColdStartOptions,
  ENOUGH,
  type InspectedFile,
  limitMemory,
} from './cold-start.ts'
import { computeMedian } from './median.ts'
import { V8_PROBE_FLAG } from './v8-probe-flag.ts'
import { type ProbeResult, probe, type Stub } from './v8-probe.ts'

/** Of one measurement, in milliseconds. */
const TIMEOUT = 20_000
/** Memory for a module, in times its size. */
const PER_BYTE = 16
const OUTPUT_LIMIT = 64 * 1024

/**
 * Compiles and instantiates a core module in the V8 of the running Node.js, in its own process with limited time and memory. Imports
 * are stubs that throw.
 */
export async function measureV8(
  { path, inspection }: InspectedFile,
  { rounds, signal }: ColdStartOptions,
): Promise<ColdStart> {
  const v8 = { runtime: 'V8', version: `${process.versions.v8} (Node.js ${process.versions.node})` }
  if (inspection.kind !== 'module') return { ...v8, notes: ['runs core modules only'] }
  const task = JSON.stringify({ path, stubs: createStubs(inspection) })
  const measured: ProbeResult[] = []
  const memory = limitMemory(inspection.size, PER_BYTE)
  // V8's own heap, which holds tables, has a limit of its own should the process grow too fast to be stopped.
  const env = { NODE_OPTIONS: `--max-old-space-size=${Math.ceil(memory / 2 ** 20)}` }
  const bounds = { timeout: TIMEOUT, output: OUTPUT_LIMIT, memory, signal, env }
  const args = isSea() ? [V8_PROBE_FLAG] : ['-e', `(${probe.toString()})()`]
  let spent = 0
  while (measured.length < rounds && spent < ENOUGH) {
    const outcome = await runBounded(process.execPath, args, task, bounds)
    if ('problem' in outcome) return { ...v8, notes: [`it ${outcome.problem}`] }
    if (outcome.status !== 0) return { ...v8, notes: [`exited with status ${outcome.status}`] }
    measured.push(JSON.parse(outcome.output) as ProbeResult)
    spent += outcome.milliseconds
  }
  const [refusal] = measured.flatMap(({ refused }) => refused ?? [])
  const [trap] = measured.flatMap(({ trapped }) => trapped ?? [])
  if (refusal !== undefined) return { ...v8, notes: [`failed to compile: ${shortenFirstLine(refusal)}`] }
  const compile = computeMedian(measured.map((figures) => figures.compile))
  const notes = ['excludes functions compiled on their first call']
  if (trap !== undefined)
    return {
      ...v8,
      compile,
      rounds: measured.length,
      notes: [`failed to instantiate: ${shortenFirstLine(trap)}`, ...notes],
    }
  const instantiate = computeMedian(measured.map((figures) => figures.instantiate))
  return { ...v8, compile, instantiate, rounds: measured.length, notes }
}

const shortenFirstLine = (text: string): string => printable(text.split('\n', 1)[0]!.slice(0, 160))

/** Stubs for the imports; made here, since JavaScript does not expose the types of imports. */
function createStubs({ imports, memories, tables }: ModuleInspection): Stub[] {
  const imported = { memory: memories.values(), table: tables.values() }
  return imports.map((found): Stub => {
    const { module, name, kind, type } = found
    const place = { module, name }
    if (kind === 'memory' || kind === 'table') {
      const { min, max, shared, index } = imported[kind].next().value!
      const element = kind === 'table' ? findElementType(found) : undefined
      return {
        ...place,
        kind,
        min,
        ...(max !== undefined && { max }),
        shared,
        index,
        ...(element && { element }),
      }
    }
    if (kind !== 'global') return { ...place, kind }
    return { ...place, kind, type: type.replace('mut ', ''), mutable: type.startsWith('mut ') }
  })
}

const findElementType = ({ type }: CoreImport): string =>
  type.endsWith('externref') ? 'externref' : 'anyfunc'
