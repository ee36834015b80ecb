import { RFC3161Timestamp } from '@sigstore/core'

import { toRfc3339Seconds } from '../../time.ts'
import type { VerificationKey } from '../public-key.ts'
import type { SignedContent } from '../signed-content.ts'
import type { VerifiedTime } from './evidence.ts'
import { toLibraryContent, verifyWithLibrary } from './library-verifier.ts'
import { NotVerified } from './not-verified.ts'
import { type ServiceMaterial, toServiceMaterial } from './service-material.ts'
import type { TrustedAuthority, TrustedRoot } from './trusted-root.ts'

/** A trusted authority saw the signature at that time. */
export interface VerifiedTimestamp {
  readonly authority: TrustedAuthority
  readonly time: Date
}

/** Statuses of a response that holds a timestamp. https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2 */
const GRANTED: ReadonlySet<bigint> = new Set([0n, 1n])

/**
 * Verifies that trusted authorities timestamped the signature. Timestamps of unknown authorities are passed over; an invalid one
 * of a known authority spoils the bundle. Throws {@link NotVerified}.
 */
export function verifyTimestamps(
  root: TrustedRoot,
  responses: readonly Uint8Array[],
  content: SignedContent,
  key: VerificationKey,
): readonly VerifiedTimestamp[] {
  const { timestampAuthorities } = toServiceMaterial(root)
  return responses.flatMap((response) => {
    const timestamp = readTimestamp(response)
    const known = timestampAuthorities.filter((service) => isBy(timestamp, service))
    if (known.length === 0) return []
    verifyWithLibrary(
      {
        timestamps: [{ $case: 'timestamp-authority', timestamp: timestamp.response }],
        timestampAuthorities: known.map(({ material }) => material),
      },
      toLibraryContent(content, key),
      key,
      'a timestamp',
    )
    return [{ authority: known[0]!.authority, time: timestamp.time }]
  })
}

interface ReadTimestamp {
  readonly response: RFC3161Timestamp
  readonly time: Date
  readonly serial: Buffer
  readonly issuer: Buffer
}

/** The library reads lazily, and throws errors of JavaScript where something is missing. */
function readTimestamp(der: Uint8Array): ReadTimestamp {
  try {
    const response = RFC3161Timestamp.parse(Buffer.from(der))
    const { status, signingTime: time, signerSerialNumber: serial, signerIssuer: issuer } = response
    if (GRANTED.has(status) && !Number.isNaN(time.getTime())) return { response, time, serial, issuer }
  } catch (cause) {
    throw new NotVerified('has a timestamp that is malformed', { cause })
  }
  throw new NotVerified('has a timestamp that was not granted')
}

const isBy = (
  { serial, issuer }: ReadTimestamp,
  { material }: ServiceMaterial['timestampAuthorities'][number],
): boolean => {
  const signer = material.certChain[0]
  return signer !== undefined && signer.serialNumber.equals(serial) && signer.issuer.equals(issuer)
}

/** The times of authorities. */
export const toAuthorityTimes = (timestamps: readonly VerifiedTimestamp[]): readonly VerifiedTime[] =>
  timestamps.map(({ authority, time }) => ({
    time: toRfc3339Seconds(time),
    source: 'timestamp-authority',
    name: authority.name,
  }))
