import type { TransparencyLogEntry } from '@sigstore/bundle'
import { type SignedEntity, type TrustMaterial, VerificationError, Verifier } from '@sigstore/verify'

import type { VerificationKey } from '../public-key.ts'
import type { HashAlgorithm, SignedContent } from '../signed-content.ts'
import { NotVerified } from './not-verified.ts'

/** The digests of a content and of the key that it is verified with, as the library asks for them. */
type LibraryContent = SignedEntity['signature']

const ALGORITHMS: Readonly<Record<number, HashAlgorithm>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' }

/** The library chooses SHA-256 whatever the key, so the digests and the signature are ours. */
export function toLibraryContent(content: SignedContent, key: VerificationKey): LibraryContent {
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

/** One piece of evidence, and the services that could have given it. */
export interface Evidence {
  readonly entries?: readonly TransparencyLogEntry[]
  readonly timestamps?: SignedEntity['timestamps']
  readonly logs?: TrustMaterial['tlogs']
  readonly timestampAuthorities?: TrustMaterial['timestampAuthorities']
}

/**
 * Has the library verify a piece of evidence about a signature, and the signature. It throws errors of JavaScript for some
 * malformed input: these too mean that nothing is verified. Throws {@link NotVerified}.
 */
export function verifyWithLibrary(
  evidence: Evidence,
  content: LibraryContent,
  key: VerificationKey,
  what: string,
): void {
  const { entries = [], timestamps = [], logs = [], timestampAuthorities = [] } = evidence
  try {
    new Verifier(
      {
        certificateAuthorities: [],
        ctlogs: [],
        tlogs: logs,
        timestampAuthorities,
        publicKey: () => ({ publicKey: key.key, validFor: () => true }),
      },
      { tlogThreshold: entries.length, timestampThreshold: timestamps.length, ctlogThreshold: 0 },
    ).verify({
      signature: content,
      key: { $case: 'public-key', hint: '' },
      tlogEntries: [...entries],
      timestamps,
    })
  } catch (error) {
    const reason = error instanceof VerificationError ? error.message : 'malformed'
    throw new NotVerified(`has ${what} that is not valid: ${reason}`, { cause: error })
  }
}
