import { quoted } from '../../printable.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import type { ExportConstraints } from '../manifest/constraints.ts'
import type { Finding } from './finding.ts'
import { joinVersionSuffix } from '../catalog/interface-name.ts'
import { toNameKey, NamePatterns } from '../catalog/name-patterns.ts'
import { countMore } from '../../listing.ts'

interface ExportedName {
  /** As the host looks it up, with its full version. */
  readonly name: string
  /** The interface that a label implements. */
  readonly implements?: string | undefined
}

/** Evaluates exports against the required and forbidden ones. */
export function evaluateExports(inspection: Inspection, constraints: ExportConstraints): Finding[] {
  const exports = listExportedNames(inspection)
  return [
    ...findMissingExports(exports, constraints.required ?? []),
    ...findForbiddenExports(exports, constraints.forbidden ?? []),
  ]
}

const listExportedNames = (inspection: Inspection): ExportedName[] =>
  inspection.kind === 'component'
    ? inspection.exports.map(joinVersionSuffix)
    : inspection.exports.map((found) => ({ name: typeof found === 'string' ? found : found.name }))

/** Labels do not count: a host does not find an interface under a label. */
function findMissingExports(exports: readonly ExportedName[], required: readonly string[]): Finding[] {
  const offered = new Set(exports.map(({ name }) => toNameKey(name)))
  return [...required.entries()]
    .filter(([, name]) => !offered.has(toNameKey(name)))
    .map(([index, name]) => ({
      rule: 'export-missing',
      severity: 'error',
      message: `the required export ${quoteShortened(name)} is missing`,
      path: `spec.exports.required[${index}]`,
    }))
}

/** One finding for each pattern, however many exports it forbids. */
function findForbiddenExports(exports: readonly ExportedName[], forbidden: readonly string[]): Finding[] {
  if (forbidden.length === 0) return []
  const patterns = new NamePatterns(forbidden)
  const found = new Map<number, { first: ExportedName; count: number }>()
  for (const exported of exports) {
    const index =
      patterns.match(exported.name) ??
      (exported.implements === undefined ? undefined : patterns.match(exported.implements))
    if (index === undefined) continue
    const { first, count } = found.get(index) ?? { first: exported, count: 0 }
    found.set(index, { first, count: count + 1 })
  }
  return [...found].map(([index, { first, count }]) => {
    const label = first.implements === undefined ? '' : ` (implements ${quoteShortened(first.implements)})`
    const others = countMore(count - 1, ' like it').map((more) => ` (${more})`)
    return {
      rule: 'export-forbidden',
      severity: 'error',
      message: `the export ${quoteShortened(first.name)}${label} is forbidden by ${quoteShortened(forbidden[index]!)}${others.join('')}`,
      path: `spec.exports.forbidden[${index}]`,
    }
  })
}

const SHOWN_LENGTH = 240

const quoteShortened = (name: string): string =>
  quoted(name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}...` : name)
