import type { Inspection, Limits, NestedBinary } from '../../wasm/types/inspection.ts'
import type { ResourceLimits } from '../manifest/constraints.ts'
import type { Finding, Rule } from './finding.ts'
import type { LimitReport } from './verdict.ts'
import { countMore } from '../../listing.ts'

const PAGE = 65_536

interface LimitEvaluation {
  readonly findings: readonly Finding[]
  readonly reports: readonly LimitReport[]
}

/** Evaluates a binary and its nested binaries against limits; each limit gives one finding or one report. */
export function evaluateLimits(inspection: Inspection, limits: ResourceLimits): LimitEvaluation {
  const nested = inspection.kind === 'component' ? inspection.nested : NOTHING_NESTED
  const { memory, tables, modules, nesting, size, startFunction } = limits
  const judged = [
    memory && evaluateSpaces(MEMORY, memory.maxPages, memory.requireMax, listMemories(inspection)),
    tables && evaluateSpaces(TABLE, tables.maxElements, tables.requireMax, listTables(inspection)),
    modules === undefined
      ? undefined
      : evaluateMaximum('modules', nested.modules, modules, 'core modules inside'),
    nesting === undefined
      ? undefined
      : evaluateMaximum('nesting', nested.depth, nesting, 'levels of nesting'),
    size === undefined ? undefined : evaluateMaximum('size', inspection.size, size, 'bytes'),
    startFunction === 'deny' ? evaluateStart(inspection) : undefined,
  ].filter((part) => part !== undefined)
  return {
    findings: judged.flatMap(({ findings }) => findings),
    reports: judged.flatMap(({ reports }) => reports),
  }
}

const NOTHING_NESTED = { modules: 0, depth: 0 }

const listNested = (inspection: Inspection): readonly NestedBinary[] =>
  inspection.kind === 'component' ? inspection.nested.contents : []

/** A memory or table with a description of its place. */
interface Space {
  readonly where: string
  readonly min: number
  readonly max: number | undefined
}

function listMemories(inspection: Inspection): Space[] {
  const pages = (count: number, { pageSize = PAGE }: Limits): number => Math.ceil((count * pageSize) / PAGE)
  return listLimits(inspection, 'memory', ({ memories }) => memories).map(({ where, limits }) => ({
    where,
    min: pages(limits.min, limits),
    max: limits.max === undefined ? undefined : pages(limits.max, limits),
  }))
}

const listTables = (inspection: Inspection): Space[] =>
  listLimits(inspection, 'table', ({ tables }) => tables).map(({ where, limits: { min, max } }) => ({
    where,
    min,
    max,
  }))

interface HasSpaces {
  readonly memories: readonly Limits[]
  readonly tables: readonly Limits[]
}

/** Imports of nested modules are left out, since another module inside defines them. */
const listLimits = (
  inspection: Inspection,
  what: string,
  among: (module: HasSpaces) => readonly Limits[],
): { where: string; limits: Limits }[] =>
  inspection.kind === 'module'
    ? among(inspection).map((limits, index) => ({ where: `${what} ${index}`, limits }))
    : listNested(inspection).flatMap((found) =>
        found.kind === 'module'
          ? among(found).flatMap((limits, index) =>
              limits.imported ? [] : [{ where: `${what} ${index} of ${describeNested(found)}`, limits }],
            )
          : [],
      )

const describeNested = ({ kind, offset }: NestedBinary): string =>
  `the nested ${kind} at 0x${offset.toString(16)}`

const MEMORY = { many: 'memories', unit: 'pages', most: 'memory.maxPages', required: 'memory.requireMax' }
const TABLE = {
  many: 'tables',
  unit: 'elements',
  most: 'tables.maxElements',
  required: 'tables.requireMax',
}

function evaluateSpaces(
  { many, unit, most, required }: typeof MEMORY,
  limit: number | undefined,
  requireMax: true | undefined,
  found: readonly Space[],
): LimitEvaluation {
  const unbounded = found.filter(({ max }) => max === undefined)
  const findings: Finding[] = []
  const reports: LimitReport[] = []
  if (limit !== undefined) {
    const exceeding = found.filter(({ min, max }) => (max ?? min) > limit)
    const [first] = exceeding
    if (first === undefined)
      reports.push(
        createLimitReport(most, limit, unbounded.length > 0 && requireMax !== true ? many : undefined),
      )
    else {
      const size = first.max === undefined ? `has a minimum of ${first.min}` : `has a maximum of ${first.max}`
      const message = `${first.where} ${size} ${unit}, at most ${limit} are allowed`
      findings.push(createLimitFinding('limit-exceeded', most, message, exceeding))
    }
  }
  if (requireMax === true) {
    const [first] = unbounded
    if (first === undefined) reports.push(createLimitReport(required, true))
    else {
      const message = `${first.where} declares no maximum, which is required`
      findings.push(createLimitFinding('no-maximum', required, message, unbounded))
    }
  }
  return { findings, reports }
}

/** `all` are the items that exceed the limit; the message names the first. */
function createLimitFinding(rule: Rule, key: string, message: string, all: readonly unknown[] = []): Finding {
  const others = countMore(all.length - 1, ' like it').map((more) => ` (${more})`)
  return { rule, severity: 'error', message: [message, ...others].join(''), path: `spec.limits.${key}` }
}

/** `growing` names the items without a maximum. */
const createLimitReport = (key: string, value: number | string | true, growing?: string): LimitReport => ({
  limit: `limits.${key}: ${value}`,
  path: `spec.limits.${key}`,
  ...(growing === undefined
    ? { status: 'proved' }
    : {
        status: 'runtime',
        note: `${growing} declare no maximum, so the runtime has to enforce the limit`,
      }),
})

function evaluateMaximum(key: string, found: number, limit: number, what: string): LimitEvaluation {
  if (found <= limit) return { findings: [], reports: [createLimitReport(key, limit)] }
  const message = `the module has ${found} ${what}, at most ${limit} are allowed`
  return { findings: [createLimitFinding('limit-exceeded', key, message)], reports: [] }
}

function evaluateStart(inspection: Inspection): LimitEvaluation {
  const key = 'startFunction'
  const starting = listNested(inspection).filter(({ hasStart }) => hasStart)
  const own = inspection.kind !== 'wit' && inspection.hasStart
  if (!own && starting.length === 0) return { findings: [], reports: [createLimitReport(key, 'deny')] }
  const where = own ? 'the module' : describeNested(starting[0]!)
  const message = `${where} runs code at instantiation, which is not allowed`
  return { findings: [createLimitFinding('start-function', key, message, own ? [] : starting)], reports: [] }
}
