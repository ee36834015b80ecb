import type { WasmpackError } from '../../errors.ts'
import { CAPABILITY_MANIFEST_KIND } from '../manifest/formats.ts'
import { invalidDocument, type Located, type Problem } from '../../documents/located.ts'
import type { PlacedPolicy } from './policy.ts'
import { readCapabilityPolicy } from './policy-reader.ts'
import { kindOf, YamlReader } from '../../documents/yaml-reader.ts'

/**
 * The policies in YAML or JSON text, one at least. Capability manifests may stand beside them; any other kind of document is
 * refused, for it may have been meant to restrict. Throws POLICY_INVALID with every problem at its `file:line:column`.
 */
export function parseCapabilityPolicies(text: string, file: string): readonly PlacedPolicy[] {
  const reader = new YamlReader(file)
  const documents = reader.read(text).filter((document) => kindOf(document) !== CAPABILITY_MANIFEST_KIND)
  const policies = documents.flatMap((document) => {
    const policy = readCapabilityPolicy(document, reader.problems)
    return policy === undefined ? [] : [{ policy, file, place: placing(document, file) }]
  })
  if (reader.problems.length === 0 && policies.length === 0)
    reader.report(reader.place(0), 'there is no CapabilityPolicy in it')
  if (reader.problems.length > 0) throw invalidPolicy(file, reader.problems)
  return policies
}

const invalidPolicy = (file: string, problems: readonly Problem[]): WasmpackError =>
  invalidDocument('POLICY_INVALID', file, problems, {
    what: 'capability policy',
    hint: 'its JSON Schema is schemas/capability-policy.v1alpha1.schema.json, and docs/policies.md explains it',
  })

/** Finds places by their path; of a part that is not there, the part around it. */
function placing(document: Located, file: string): PlacedPolicy['place'] {
  const places = new Map<string, string>()
  const pending: Located[] = [document]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    places.set(next.path, next.at)
    pending.push(...(next.kind === 'list' ? next.items : []))
    pending.push(...(next.kind === 'map' ? next.entries.map(({ value }) => value) : []))
  }
  return (path) => {
    let nearest = path
    while (nearest !== '' && !places.has(nearest)) nearest = nearest.replace(/(?:^|\.|\[)[^.[]*$/, '')
    return { file, at: places.get(nearest)!, path: nearest }
  }
}
