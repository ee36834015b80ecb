import type { TrustedRoot } from './trusted-root.ts'

/** What the services of a trusted root must confirm besides a signature. */
export interface EvidenceRequirement {
  readonly root: TrustedRoot
  /** Accepts a signature without an entry in a transparency log, and takes no time from one. */
  readonly ignoreLog?: boolean
  /** Accepts a certificate without a timestamp of a certificate transparency log. */
  readonly ignoreCertificateLog?: boolean
}

/** What services confirmed, and was verified. Whatever was not checked is not counted. */
export interface VerifiedEvidence {
  /** Name of the trusted root that names the services. */
  readonly trustedRoot: string
  /** Verified entries in transparency logs. */
  readonly logEntries: number
  /** Timestamp authorities (RFC 3161) whose timestamps were verified. */
  readonly timestamps: number
  /** Certificate transparency logs that recorded the certificate (SCTs); absent for a key. */
  readonly certificateTimestamps?: number
  /** When the signature existed, by each witness that has a clock. */
  readonly times: readonly VerifiedTime[]
}

export interface VerifiedTime {
  /** RFC 3339, in UTC. */
  readonly time: string
  readonly source: 'timestamp-authority' | 'transparency-log'
  /** Name of the authority, or URL of the log, as the trusted root gives it. */
  readonly name: string
}
