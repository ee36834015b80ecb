/** The parts of a policy that name signers. Files are relative to the policy's. */
export interface SignerParts {
  /** By names that signers use. */
  readonly roots?: ReadonlyMap<string, RootRule>
  /** Roles: the keys and identities that may act in each. */
  readonly signers?: ReadonlyMap<string, readonly SignerRule[]>
}

/** When a signature must have been made. */
export interface TimeConditions {
  /** RFC 3339: older signatures do not count. */
  readonly signedAfter?: string
  /** In milliseconds: older signatures do not count. */
  readonly signedWithin?: number
  /** In milliseconds: younger signatures do not count. */
  readonly signedFor?: number
}

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
