import type { TransparencyLogEntry } from '@sigstore/bundle'
import { type SignedEntity, type TrustMaterial, VerificationError, Verifier } from '@sigstore/verify'

import type { VerificationKey } from '../public-key.ts'
import type { HashAlgorithm, SignedContent } from '../signed-content.ts'
import { NotVerified } from './not-verified.ts'
import type { TrustedLog } from './trusted-root.ts'

const ALGORITHMS: Readonly<Record<number, HashAlgorithm>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' }

/** The library chooses SHA-256 whatever the key, so the digests and the signature are ours. */
function toLibraryContent(content: SignedContent, key: VerificationKey): SignedEntity['signature'] {
  const equals = (found: Buffer, expected: Uint8Array | undefined): boolean =>
    expected !== undefined && Buffer.compare(found, expected) === 0
  const algorithm = (digest: Buffer): HashAlgorithm => ALGORITHMS[digest.length] ?? 'sha256'
  return {
    signature: Buffer.from(content.signature),
    compareSignature: (signature) => equals(signature, content.signature),
    // A message has no payload apart from itself.
    compareDigest: (digest) =>
      equals(digest, content.payloadDigest(algorithm(digest)) ?? content.digest(algorithm(digest))),
    compareSignedDigest: (digest) => equals(digest, content.digest(algorithm(digest))),
    verifySignature: () => content.isSignedBy(key),
  }
}

const END_OF_TIME = new Date(8_640_000_000_000_000)

const toLibraryLog = ({ id, baseUrl, key, validity }: TrustedLog): TrustMaterial['tlogs'][number] => ({
  logID: id,
  baseURL: baseUrl,
  publicKey: key,
  validFor: { start: validity.start, end: validity.end ?? END_OF_TIME },
})

/**
 * Has the library verify that one of the logs holds an entry of the signature: promise, proof, checkpoint and body. It throws errors
 * of JavaScript for some malformed entries: these too mean that nothing is verified. Throws {@link NotVerified}.
 */
export function verifyWithLibrary(
  entry: TransparencyLogEntry,
  logs: readonly TrustedLog[],
  content: SignedContent,
  key: VerificationKey,
): void {
  const material: TrustMaterial = {
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
    tlogs: logs.map((log) => toLibraryLog(log)),
    publicKey: () => ({ publicKey: key.key, validFor: () => true }),
  }
  const entity: SignedEntity = {
    signature: toLibraryContent(content, key),
    key: { $case: 'public-key', hint: '' },
    tlogEntries: [entry],
    timestamps: [],
  }
  try {
    new Verifier(material, { tlogThreshold: 1, timestampThreshold: 0, ctlogThreshold: 0 }).verify(entity)
  } catch (error) {
    const reason = error instanceof VerificationError ? error.message : 'malformed'
    throw new NotVerified(`has a log entry that is not valid: ${reason}`, { cause: error })
  }
}
