import type { Locate } from '../documents/locator.ts'
import type { Metadata } from '../documents/metadata.ts'
import type { RepositoryMatch } from '../documents/repository-pattern.ts'

export const TRUST_POLICY_KIND = 'TrustPolicy'

/**
 * Who must have signed an artifact, and when. Every part restricts, and all policies in force apply together. The JSON Schema is
 * `schemas/trust-policy.v1alpha1.schema.json`.
 */
export interface TrustPolicy {
  readonly metadata: Metadata
  readonly spec: TrustSpec
}

export interface TrustSpec {
  /** The repositories that the policy applies to; all if absent. */
  readonly match?: RepositoryMatch
  /** By names that signers use. */
  readonly roots?: ReadonlyMap<string, RootRule>
  /** Roles: the keys and identities that may act in each. */
  readonly signers?: ReadonlyMap<string, readonly SignerRule[]>
  /** Each must be satisfied. */
  readonly signatures?: readonly SignatureRule[]
  /** RFC 3339: older signatures do not count. */
  readonly signedAfter?: string
  /** In milliseconds: older signatures do not count. */
  readonly signedWithin?: number
  /** In milliseconds: younger signatures do not count. */
  readonly signedFor?: number
  /** The formats of signatures that count; all if absent. */
  readonly formats?: readonly SignatureFormat[]
  /** The least `org.opencontainers.image.version` of the manifest. */
  readonly minimumVersion?: string
  readonly refuse?: Refusals
  readonly waivers?: readonly Waiver[]
}

export type SignatureFormat = 'bundle' | 'legacy'

/** A trusted root, and how much its services must confirm of a signature. A count of 0 leaves out a check. */
export interface RootRule {
  /** A file, relative to the policy's. */
  readonly trustedRoot: string
  readonly logEntries: number
  readonly timestamps: number
  /** Of certificates; signatures of keys have none. */
  readonly scts: number
}

/** One key, or the identities of one issuer. */
export type SignerRule = KeyRule | IdentityRule

export interface KeyRule {
  readonly kind: 'key'
  /** A file, relative to the policy's. */
  readonly key: string
  /** Without a root, what services say of the signature is not looked at, and it has no verified time. */
  readonly root?: string
}

export interface IdentityRule {
  readonly kind: 'identity'
  /** A glob. */
  readonly identity: string
  readonly issuer: string
  /** A glob for the repository that a workflow ran for. */
  readonly sourceRepository?: string
  readonly root: string
}

export interface SignatureRule {
  /** Name of a role. */
  readonly by: string
  /** How many different keys and identities. */
  readonly atLeast: number
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
}

/** A trust policy with the positions of its parts. */
export interface LocatedTrustPolicy {
  readonly policy: TrustPolicy
  readonly file: string
  readonly locate: Locate
}
