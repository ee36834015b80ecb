import { getClassRule } from '../catalog/classes.ts'
import type { Finding, Rule } from './finding.ts'

/**
 * The path in the capability manifest to change in order to resolve a finding, whether it exists or not.
 */
export function findManifestPath({ rule, path, class: name }: Finding): string {
  if (path !== undefined) return path
  const [grant] = (name === undefined ? undefined : getClassRule(name).grants) ?? []
  return grant === undefined ? (PLACES[rule] ?? 'spec') : `spec.grants.${grant}`
}

const PLACES: Readonly<Partial<Record<Rule, string>>> = {
  'unknown-import': 'spec.hostInterfaces',
  'look-alike': 'spec.hostInterfaces',
  'wrong-kind': 'spec.hostInterfaces',
  'wrong-type': 'spec.hostInterfaces',
  incompatible: 'spec.target',
  'not-checked': 'spec.target',
}
