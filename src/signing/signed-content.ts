import { createHash } from 'node:crypto'

import { encodePreAuth, type Envelope } from './dsse.ts'
import { isSignedBy, type VerificationKey } from './public-key.ts'

export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512'

/** The bytes that a signature is over, however they are wrapped. */
export interface SignedContent {
  readonly signature: Uint8Array
  /** The digest of the signed bytes; undefined if it is not known. */
  digest(algorithm: HashAlgorithm): Uint8Array | undefined
  /** The digest of an envelope's payload; undefined for a message, which has none. */
  payloadDigest(algorithm: HashAlgorithm): Uint8Array | undefined
  /** Whether the signature was made with the key's private half. Never throws. */
  isSignedBy(key: VerificationKey): boolean
}

/** The signature of an envelope is over its pre-authentication encoding. */
export function toEnvelopeContent(envelope: Envelope): SignedContent {
  const { payload, signature } = envelope
  return {
    ...toMessageContent(encodePreAuth(envelope), signature),
    payloadDigest: (algorithm) => createHash(algorithm).update(payload).digest(),
  }
}

/** A signature over a message. */
export const toMessageContent = (message: Uint8Array, signature: Uint8Array): SignedContent => ({
  signature,
  digest: (algorithm) => createHash(algorithm).update(message).digest(),
  payloadDigest: () => undefined,
  isSignedBy: (key) => isSignedBy(key, message, signature),
})
