import { constants, publicDecrypt, type KeyObject } from 'node:crypto'

import { type Digest, getDigestAlgorithm, getDigestHex } from '../../src/oci/digest.ts'
import type { VerificationKey } from '../../src/signing/public-key.ts'
import type { SignedContent } from '../../src/signing/signed-content.ts'

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

/** P-256. https://csrc.nist.gov/pubs/fips/186-5/final */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const G: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
}

interface Point {
  readonly x: bigint
  readonly y: bigint
}

function isEcdsaSigned(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const { x, y } = key.export({ format: 'jwk' })
  const point = { x: fromBytes(Buffer.from(x!, 'base64url')), y: fromBytes(Buffer.from(y!, 'base64url')) }
  const [r, s] = readSignature(signature)
  if (r <= 0n || r >= N || s <= 0n || s >= N) return false
  const w = invert(s, N)
  const sum = add(multiply(G, (fromBytes(digest) * w) % N), multiply(point, (r * w) % N))
  return sum !== undefined && sum.x % N === r
}

const fromBytes = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

/** Two integers in a sequence, in DER. */
function readSignature(der: Buffer): readonly [bigint, bigint] {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der[2] !== 0x02) throw new Error('malformed signature')
  const end = 4 + der[3]!
  if (der[end] !== 0x02 || der[end + 1] !== der.length - end - 2) throw new Error('malformed signature')
  return [fromBytes(der.subarray(4, end)), fromBytes(der.subarray(end + 2))]
}

const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by

/** By the extended Euclidean algorithm. */
function invert(value: bigint, by: bigint): bigint {
  let [a, b, u, v] = [modulo(value, by), by, 1n, 0n]
  while (a > 1n) [a, b, u, v] = [b % a, a, v - (b / a) * u, u]
  return modulo(u, by)
}

function add(one: Point | undefined, other: Point | undefined): Point | undefined {
  if (one === undefined) return other
  if (other === undefined) return one
  if (one.x === other.x && modulo(one.y + other.y, P) === 0n) return undefined
  const slope =
    one.x === other.x
      ? (3n * one.x * one.x - 3n) * invert(2n * one.y, P)
      : (other.y - one.y) * invert(other.x - one.x, P)
  const x = modulo(slope * slope - one.x - other.x, P)
  return { x, y: modulo(slope * (one.x - x) - one.y, P) }
}

function multiply(point: Point, factor: bigint): Point | undefined {
  let sum: Point | undefined
  let power: Point | undefined = point
  for (let left = factor; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, power)
    power = add(power, power)
  }
  return sum
}
