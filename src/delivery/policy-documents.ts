import { PREDICATE_TYPES } from '../attestations/predicate-types.ts'
import { CAPABILITY_MANIFEST_KIND, CAPABILITY_POLICY_KIND } from '../capabilities/manifest/formats.ts'
import { readCapabilityPolicy } from '../capabilities/policy/policy-reader.ts'
import type { LocatedPolicy } from '../capabilities/policy/policy.ts'
import { readChoice, readFields, type Read } from '../documents/fields.ts'
import { createLocator } from '../documents/locator.ts'
import { invalidDocument } from '../documents/source-node.ts'
import { readKind, YamlReader } from '../documents/yaml-reader.ts'
import { readTrustPolicy } from '../trust/trust-policy-reader.ts'
import { type LocatedTrustPolicy, TRUST_POLICY_KIND } from '../trust/trust-policy.ts'

/** The policies of one file, by kind. */
export interface PolicyDocuments {
  readonly capabilities: readonly LocatedPolicy[]
  readonly trust: readonly LocatedTrustPolicy[]
}

/**
 * The policies in YAML or JSON text, at least one. Capability manifests in the same file are ignored; documents of any other kind
 * are refused, since they may be meant to restrict. Throws POLICY_INVALID with every problem at its `file:line:column`.
 */
export function parsePolicies(text: string, file: string): PolicyDocuments {
  const reader = new YamlReader(file)
  const documents = reader.read(text).filter((document) => readKind(document) !== CAPABILITY_MANIFEST_KIND)
  const capabilities: LocatedPolicy[] = []
  const trust: LocatedTrustPolicy[] = []
  for (const document of documents) {
    const locate = createLocator(document, file)
    const kind = readKind(document)
    if (kind === TRUST_POLICY_KIND) {
      const policy = readTrustPolicy(PREDICATE_TYPES)(document, reader.problems)
      if (policy !== undefined) trust.push({ policy, file, locate })
    } else if (kind === CAPABILITY_POLICY_KIND) {
      const policy = readCapabilityPolicy(document, reader.problems)
      if (policy !== undefined) capabilities.push({ policy, file, locate })
    } else readPolicyKind(document, reader.problems)
  }
  if (reader.problems.length === 0 && capabilities.length + trust.length === 0)
    reader.report(reader.positionAt(0), 'found no CapabilityPolicy or TrustPolicy in the file')
  if (reader.problems.length === 0) return { capabilities, trust }
  const hasTrust = documents.some((document) => readKind(document) === TRUST_POLICY_KIND)
  throw invalidDocument('POLICY_INVALID', file, reader.problems, {
    what: hasTrust ? 'policy file' : 'capability policy',
    hint: hasTrust
      ? 'its JSON Schema is schemas/trust-policy.v1alpha1.schema.json, and docs/trust-policy.md explains it'
      : 'its JSON Schema is schemas/capability-policy.v1alpha1.schema.json, and docs/policies.md explains it',
  })
}

/** Reports that a document is of no kind of policy. */
const readPolicyKind: Read<string> = (value, problems) =>
  readFields(value, ['apiVersion', 'kind', 'metadata', 'spec'], problems)?.required(
    'kind',
    readChoice([CAPABILITY_POLICY_KIND, TRUST_POLICY_KIND]),
  )
