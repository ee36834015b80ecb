import { describePredicateType } from '../attestations/predicate-types.ts'
import { CAPABILITY_POLICY_KIND } from '../capabilities/manifest/formats.ts'
import { explainCapabilityPolicy } from '../capabilities/policy/explain-policy.ts'
import type { SourceLocation } from '../documents/source-map.ts'
import { explainTrustPolicy } from '../trust/explain-trust-policy.ts'
import { TRUST_POLICY_KIND } from '../trust/trust-policy.ts'
import { readText } from './files/text-file.ts'
import { parsePolicies, type PolicyDocuments } from './policy-documents.ts'

/** What one policy of a file means. */
export interface PolicyExplanation {
  readonly kind: string
  readonly name: string
  readonly location: SourceLocation
  /** A line each; lines that belong to the one before them are indented. */
  readonly sentences: readonly string[]
}

/** Explains the policies of a file or, with `-`, of standard input. Throws FILE_NOT_FOUND, FILE_UNREADABLE and POLICY_INVALID. */
export const explainPolicyFile = async (
  file: string,
  signal?: AbortSignal,
): Promise<readonly PolicyExplanation[]> =>
  explainPolicies(parsePolicies(await readText(file, 'policy', signal), file))

/** What each policy means; their keys and roots are not read. */
export const explainPolicies = ({ capabilities, trust }: PolicyDocuments): readonly PolicyExplanation[] => [
  ...capabilities.map(({ policy, locate }) => ({
    kind: CAPABILITY_POLICY_KIND,
    name: policy.metadata.name,
    location: locate('metadata'),
    sentences: explainCapabilityPolicy(policy),
  })),
  ...trust.map(({ policy, locate }) => ({
    kind: TRUST_POLICY_KIND,
    name: policy.metadata.name,
    location: locate('metadata'),
    sentences: explainTrustPolicy(policy, describePredicateType),
  })),
]
