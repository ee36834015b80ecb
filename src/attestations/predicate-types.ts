import { CAPABILITY_PREDICATE } from './predicates/capabilities.ts'
import { WAIVER_PREDICATE } from './predicates/waiver.ts'
import { SUMMARY_PREDICATE } from './predicates/verification-summary.ts'

/** The short names of predicate types: those of cosign, and our own. */
export const PREDICATE_TYPES: ReadonlyMap<string, string> = new Map([
  ['slsaprovenance1', 'https://slsa.dev/provenance/v1'],
  ['spdxjson', 'https://spdx.dev/Document'],
  ['cyclonedx', 'https://cyclonedx.org/bom'],
  ['capabilities', CAPABILITY_PREDICATE],
  ['waiver', WAIVER_PREDICATE],
  ['vsa', SUMMARY_PREDICATE],
])

/** The predicate type with its short name, if it has one, as messages name it. */
export function describePredicateType(predicateType: string): string {
  for (const [name, type] of PREDICATE_TYPES) if (type === predicateType) return `${name} (${type})`
  return predicateType
}
