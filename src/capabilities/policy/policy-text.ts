import type { WasmpackError } from '../../errors.ts'
import { CAPABILITY_MANIFEST_KIND } from '../manifest/formats.ts'
import { invalidDocument, type Problem } from '../../documents/source-node.ts'
import { createLocator } from '../../documents/locator.ts'
import type { LocatedPolicy } from './policy.ts'
import { readCapabilityPolicy } from './policy-reader.ts'
import { readKind, YamlReader } from '../../documents/yaml-reader.ts'

/**
 * The policies in YAML or JSON text, at least one. Capability manifests in the same file are ignored; documents of any other kind
 * are refused, since they may be meant to restrict. Throws POLICY_INVALID with every problem at its `file:line:column`.
 */
export function parseCapabilityPolicies(text: string, file: string): readonly LocatedPolicy[] {
  const reader = new YamlReader(file)
  const documents = reader.read(text).filter((document) => readKind(document) !== CAPABILITY_MANIFEST_KIND)
  const policies = documents.flatMap((document) => {
    const policy = readCapabilityPolicy(document, reader.problems)
    return policy === undefined ? [] : [{ policy, file, locate: createLocator(document, file) }]
  })
  if (reader.problems.length === 0 && policies.length === 0)
    reader.report(reader.positionAt(0), 'found no CapabilityPolicy in the file')
  if (reader.problems.length > 0) throw createPolicyError(file, reader.problems)
  return policies
}

const createPolicyError = (file: string, problems: readonly Problem[]): WasmpackError =>
  invalidDocument('POLICY_INVALID', file, problems, {
    what: 'capability policy',
    hint: 'its JSON Schema is schemas/capability-policy.v1alpha1.schema.json, and docs/policies.md explains it',
  })
