import type { Locate } from '../documents/locator.ts'
import type { Metadata } from '../documents/metadata.ts'
import type { RepositoryMatch } from '../documents/repository-pattern.ts'
import type { SignerParts, TimeConditions } from './signers.ts'

export const TRUST_POLICY_KIND = 'TrustPolicy'

/**
 * Who must have signed an artifact, and when. Every part restricts, and all policies in force apply together. The JSON Schema is
 * `schemas/trust-policy.v1alpha1.schema.json`.
 */
export interface TrustPolicy {
  readonly metadata: Metadata
  readonly spec: TrustSpec
}

export interface TrustSpec extends SignerParts, TimeConditions {
  /** The repositories that the policy applies to; all if absent. */
  readonly match?: RepositoryMatch
  /** Each must be satisfied. */
  readonly signatures?: readonly SignatureRule[]
  /** Each must be satisfied. */
  readonly attestations?: readonly AttestationRule[]
  /** Each is accepted in place of all signatures and attestations. */
  readonly summaries?: readonly SummaryRule[]
  /** The formats of signatures that count; all if absent. */
  readonly formats?: readonly SignatureFormat[]
  /** The least `org.opencontainers.image.version` of the manifest. */
  readonly minimumVersion?: string
  /** Refuses an artifact that fewer signed or attested than the versions before it. */
  readonly neverLess?: true
  readonly refuse?: Refusals
  readonly waivers?: readonly Waiver[]
}

export type SignatureFormat = 'bundle' | 'legacy'

export interface SignatureRule {
  /** Name of a role. */
  readonly by: string
  /** How many different keys and identities. */
  readonly atLeast: number
}

/** An attestation that an artifact must have. */
export interface AttestationRule extends SignatureRule {
  /** A predicate type: what the signed statement says, not an annotation. */
  readonly type: string
  /** What one and the same predicate must say. */
  readonly where?: readonly PredicateCondition[]
}

/** What a predicate must say at one place. */
export interface PredicateCondition {
  /** A JSON pointer (RFC 6901) into the predicate. */
  readonly at: string
  /** A glob for the text, the whole number or the truth value there. */
  readonly is: string
}

/** A verification summary that says that an artifact passed a policy elsewhere. */
export interface SummaryRule {
  /** The role that signs it. */
  readonly by: string
  /** The `verifier.id` that it names. */
  readonly verifier: string
  /** Digest of the policy file that it names. */
  readonly policy: string
}

/** Wins over everything. */
export interface Refusals {
  readonly digests?: readonly string[]
  /** Globs for identities, and ids of keys: their signatures count for nobody. */
  readonly signers?: readonly string[]
}

/** Leaves one artifact out of the rules of its own policy, the refusals excepted. */
export interface Waiver {
  readonly digest: string
  readonly reason: string
  /** RFC 3339. */
  readonly until: string
  /** A role that must have attested the waiver; the policy itself decides if absent. */
  readonly signedBy?: string
}

/** A trust policy with the positions of its parts. */
export interface LocatedTrustPolicy {
  readonly policy: TrustPolicy
  readonly file: string
  readonly locate: Locate
}
