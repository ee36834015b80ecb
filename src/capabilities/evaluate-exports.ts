import { printable, quoted } from '../printable.ts'
import type { Inspection } from '../wasm/inspection.ts'
import type { ExportConstraints } from './constraints.ts'
import type { Finding } from './finding.ts'
import { parseInterfaceName } from './interface-name.ts'

interface Exported {
  /** As the host looks it up, with its whole version. */
  readonly name: string
  /** The interface that a label stands for. */
  readonly implements?: string
}

/** What the binary offers, against what it has to offer and what it must not. */
export function evaluateExports(inspection: Inspection, constraints: ExportConstraints): Finding[] {
  const { required = [], forbidden = [] } = constraints
  const exports = exportsOf(inspection)
  const offered = new Set(exports.map(({ name }) => keyOf(name)))
  const missing = required
    .filter((name) => !offered.has(keyOf(name)))
    .map((name): Finding => ({
      rule: 'export-missing',
      severity: 'error',
      message: `it exports no ${quoted(name)}, which is required`,
    }))
  if (forbidden.length === 0) return missing
  const forbids = new ForbiddenNames(forbidden)
  const surplus = exports.flatMap((found): Finding[] => {
    const named = [found.name, ...(found.implements === undefined ? [] : [found.implements])]
    if (!named.some((name) => forbids.matches(name))) return []
    const alias = found.implements === undefined ? '' : ` (implements ${printable(found.implements)})`
    return [
      {
        rule: 'export-forbidden',
        severity: 'error',
        message: `it exports ${quoted(found.name)}${alias}, which is forbidden`,
      },
    ]
  })
  return [...missing, ...surplus]
}

const exportsOf = (inspection: Inspection): Exported[] =>
  inspection.kind === 'component'
    ? inspection.exports.map(({ name, versionSuffix, implements: target }) => ({
        name: `${name}${versionSuffix ?? ''}`,
        ...(target !== undefined && { implements: target }),
      }))
    : inspection.exports.map((found) => ({ name: typeof found === 'string' ? found : found.name }))

/** Equal for names that a host takes for one another. */
function keyOf(text: string): string {
  const { name, track } = parseInterfaceName(text)
  return JSON.stringify([name, track])
}

/**
 * Names and beginnings of names. They are looked up, not searched, since many exports meet many of them. No beginning that is
 * kept begins with another, so of those in order only the last that does not follow a name can be a beginning of it.
 */
class ForbiddenNames {
  readonly #names: ReadonlySet<string>
  readonly #beginnings: readonly string[]

  constructor(patterns: readonly string[]) {
    this.#names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')).map(keyOf))
    const beginnings: string[] = []
    const all = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1))
    for (const beginning of all.sort(inOrder))
      if (beginnings.length === 0 || !beginning.startsWith(beginnings.at(-1)!)) beginnings.push(beginning)
    this.#beginnings = beginnings
  }

  matches(name: string): boolean {
    if (this.#names.has(keyOf(name))) return true
    let [low, high] = [0, this.#beginnings.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (inOrder(this.#beginnings[middle]!, name) > 0) high = middle
      else low = middle + 1
    }
    return low > 0 && name.startsWith(this.#beginnings[low - 1]!)
  }
}

/** By UTF-16 units, in which what begins alike stands together. */
const inOrder = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
