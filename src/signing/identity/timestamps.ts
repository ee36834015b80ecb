import type { KeyObject } from 'node:crypto'

import { RFC3161Timestamp } from '@sigstore/core'

import { toRfc3339Seconds } from '../../time.ts'
import type { SignedContent } from '../signed-content.ts'
import { wasInOperation } from './certificate-chain.ts'
import { readCertificateParts } from './certificate-extensions.ts'
import type { VerifiedTime } from './evidence.ts'
import { NotVerified } from './not-verified.ts'
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
export const verifyTimestamps = (
  root: TrustedRoot,
  responses: readonly Uint8Array[],
  { signature }: SignedContent,
): readonly VerifiedTimestamp[] =>
  responses.flatMap((response) => {
    const timestamp = readTimestamp(response)
    const known = root.timestampAuthorities.filter((authority) => isBy(timestamp, authority))
    if (known.length === 0) return []
    const authority = known.find(
      (one) => wasInOperation(one, timestamp.time) && isValid(timestamp, signature, one.chain[0].publicKey),
    )
    if (authority === undefined) throw new NotVerified('has a timestamp that is not valid')
    return [{ authority, time: timestamp.time }]
  })

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

/** Whether the timestamp names the certificate of the authority: by its issuer and serial number. */
function isBy({ serial, issuer }: ReadTimestamp, { chain: [signer] }: TrustedAuthority): boolean {
  const { serialNumber, issuer: name } = readCertificateParts(Buffer.from(signer.raw))
  return serialNumber.equals(serial) && name.equals(issuer)
}

function isValid({ response }: ReadTimestamp, signature: Uint8Array, key: KeyObject): boolean {
  try {
    response.verify(Buffer.from(signature), key)
    return true
  } catch {
    return false
  }
}

/** The times of authorities. */
export const toAuthorityTimes = (timestamps: readonly VerifiedTimestamp[]): readonly VerifiedTime[] =>
  timestamps.map(({ authority, time }) => ({
    time: toRfc3339Seconds(time),
    source: 'timestamp-authority',
    name: authority.name,
  }))
