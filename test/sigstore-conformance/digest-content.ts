import { constants, publicDecrypt, type KeyObject } from 'node:crypto'

import { type Digest, getDigestAlgorithm, getDigestHex } from '../../src/oci/digest.ts'
import type { VerificationKey } from '../../src/signing/public-key.ts'
import type { SignedContent } from '../../src/signing/signed-content.ts'
import { add, fromBytes, G, invert, multiply, N, readSignature, toPoint } from '../support/p256.ts'

/**
 * The content of a message of which only the SHA-256 digest is known. Node verifies signatures over messages alone, so those over
 * digests are verified here, in plain arithmetic: the program that users have always has the message.
 */
export function toDigestContent(digest: Digest, signature: Uint8Array): SignedContent {
  if (getDigestAlgorithm(digest) !== 'sha256') throw new Error('expected a SHA-256 digest')
  const value = Buffer.from(getDigestHex(digest), 'hex')
  return {
    signature,
    digest: (algorithm) => (algorithm === 'sha256' ? value : undefined),
    payloadDigest: () => undefined,
    isSignedBy: (key) => isDigestSignedBy(key, value, Buffer.from(signature)),
  }
}

function isDigestSignedBy({ scheme, key }: VerificationKey, digest: Buffer, signature: Buffer): boolean {
  try {
    if (scheme === 'ecdsa-p256-sha256') return isEcdsaSigned(key, digest, signature)
    if (scheme === 'rsa-pkcs1v15-sha256') return isRsaSigned(key, digest, signature)
    return false
  } catch {
    return false
  }
}

/** The prefix of a SHA-256 digest. https://www.rfc-editor.org/rfc/rfc8017#section-9.2 */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

const isRsaSigned = (key: KeyObject, digest: Buffer, signature: Buffer): boolean =>
  publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature).equals(
    Buffer.concat([DIGEST_INFO, digest]),
  )

function isEcdsaSigned(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const [r, s] = readSignature(signature)
  if (r <= 0n || r >= N || s <= 0n || s >= N) return false
  const w = invert(s, N)
  const sum = add(multiply(G, (fromBytes(digest) * w) % N), multiply(toPoint(key), (r * w) % N))
  return sum !== undefined && sum.x % N === r
}
