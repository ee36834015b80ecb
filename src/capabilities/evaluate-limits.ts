import type { Inspection, Limits, NestedBinary } from '../wasm/inspection.ts'
import type { ResourceLimits } from './constraints.ts'
import type { Finding } from './finding.ts'
import type { LimitReport } from './verdict.ts'

const PAGE = 65_536

interface Judged {
  readonly findings: readonly Finding[]
  readonly reports: readonly LimitReport[]
}

/** The binary and all that is nested in it, against the limits that are set; each limit is broken once or reported as kept. */
export function evaluateLimits(inspection: Inspection, limits: ResourceLimits): Judged {
  const nested = inspection.kind === 'component' ? inspection.nested : NOTHING_NESTED
  const { memory, tables, modules, nesting, size, startFunction } = limits
  const judged = [
    memory && spaces(MEMORY, memory.maxPages, memory.requireMax, memoriesOf(inspection)),
    tables && spaces(TABLE, tables.maxElements, tables.requireMax, tablesOf(inspection)),
    modules === undefined ? undefined : atMost('modules', nested.modules, modules, 'nested core modules'),
    nesting === undefined ? undefined : atMost('nesting', nested.depth, nesting, 'levels of nesting'),
    size === undefined ? undefined : atMost('size', inspection.size, size, 'bytes'),
    startFunction === 'deny' ? withoutStart(inspection) : undefined,
  ].filter((part) => part !== undefined)
  return {
    findings: judged.flatMap(({ findings }) => findings),
    reports: judged.flatMap(({ reports }) => reports),
  }
}

const NOTHING_NESTED = { modules: 0, depth: 0 }

const contentsOf = (inspection: Inspection): readonly NestedBinary[] =>
  inspection.kind === 'component' ? inspection.nested.contents : []

/** A memory or table, and words for where it is. */
interface Space {
  readonly where: string
  readonly min: number
  readonly max: number | undefined
}

function memoriesOf(inspection: Inspection): Space[] {
  const pages = (count: number, { pageSize = PAGE }: Limits): number => Math.ceil((count * pageSize) / PAGE)
  return spacesOf(inspection, 'memory', ({ memories }) => memories).map(({ where, limits }) => ({
    where,
    min: pages(limits.min, limits),
    max: limits.max === undefined ? undefined : pages(limits.max, limits),
  }))
}

const tablesOf = (inspection: Inspection): Space[] =>
  spacesOf(inspection, 'table', ({ tables }) => tables).map(({ where, limits: { min, max } }) => ({
    where,
    min,
    max,
  }))

interface HasSpaces {
  readonly memories: readonly Limits[]
  readonly tables: readonly Limits[]
}

const spacesOf = (
  inspection: Inspection,
  what: string,
  among: (module: HasSpaces) => readonly Limits[],
): { where: string; limits: Limits }[] =>
  inspection.kind === 'module'
    ? among(inspection).map((limits, index) => ({ where: `${what} ${index}`, limits }))
    : contentsOf(inspection).flatMap((found) =>
        found.kind === 'module'
          ? among(found).map((limits, index) => ({ where: `${what} ${index} of ${whereIs(found)}`, limits }))
          : [],
      )

const whereIs = ({ kind, offset }: NestedBinary): string => `the nested ${kind} at 0x${offset.toString(16)}`

const MEMORY = { many: 'memories', unit: 'pages', most: 'memory.maxPages', required: 'memory.requireMax' }
const TABLE = {
  many: 'tables',
  unit: 'elements',
  most: 'tables.maxElements',
  required: 'tables.requireMax',
}

function spaces(
  { many, unit, most, required }: typeof MEMORY,
  limit: number | undefined,
  requireMax: true | undefined,
  found: readonly Space[],
): Judged {
  const unbounded = found.filter(({ max }) => max === undefined)
  const findings: Finding[] = []
  const reports: LimitReport[] = []
  if (limit !== undefined) {
    const exceeding = found.filter(({ min, max }) => (max ?? min) > limit)
    const first = exceeding[0]
    if (first !== undefined) {
      const size =
        first.max === undefined ? `begins with ${first.min} ${unit}` : `may have ${first.max} ${unit}`
      findings.push(
        broken('limit-exceeded', `${first.where} ${size}, at most ${limit} are allowed`, exceeding),
      )
    } else reports.push(kept(`${most}: ${limit}`, unbounded.length > 0 && requireMax !== true, many))
  }
  if (requireMax === true) {
    const [first] = unbounded
    if (first === undefined) reports.push(kept(`${required}: true`, false, many))
    else
      findings.push(broken('no-maximum', `${first.where} declares no maximum, which is required`, unbounded))
  }
  return { findings, reports }
}

function broken(rule: Finding['rule'], what: string, all: readonly unknown[]): Finding {
  const others = all.length > 1 ? ` (and ${all.length - 1} more like it)` : ''
  return { rule, severity: 'error', message: `${what}${others}` }
}

const kept = (limit: string, grows: boolean, many: string): LimitReport => ({
  limit: `limits.${limit}`,
  ...(grows
    ? { status: 'runtime', note: `${many} declare no maximum, so the runtime has to keep them from growing` }
    : { status: 'proved' }),
})

const atMost = (key: string, found: number, limit: number, what: string): Judged =>
  found <= limit
    ? { findings: [], reports: [kept(`${key}: ${limit}`, false, '')] }
    : {
        findings: [broken('limit-exceeded', `it has ${found} ${what}, at most ${limit} are allowed`, [])],
        reports: [],
      }

function withoutStart(inspection: Inspection): Judged {
  const starting = contentsOf(inspection).filter(({ hasStart }) => hasStart)
  const own = inspection.kind !== 'wit' && inspection.hasStart
  if (!own && starting.length === 0)
    return { findings: [], reports: [kept('startFunction: deny', false, '')] }
  const where = own ? 'it' : whereIs(starting[0]!)
  const message = `${where} runs code when it is instantiated, which is not allowed`
  return { findings: [broken('start-function', message, own ? [] : starting)], reports: [] }
}
