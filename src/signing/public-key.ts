import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

import { WasmpackError } from '../errors.ts'
import { encodeBase64 } from './base64.ts'
import { readPem } from './pem.ts'

/** The hint for DER that is no key which Node reads. */
export const UNKNOWN_KIND = 'the file is damaged, or its key type is not supported; cosign uses P-256'

/** A key's signature algorithm and hash: ECDSA signatures in DER, RSA ones in PKCS #1 v1.5, as cosign's. */
export type SignatureScheme =
  | 'ecdsa-p256-sha256'
  | 'ecdsa-p384-sha384'
  | 'ecdsa-p521-sha512'
  | 'rsa-pkcs1v15-sha256'

/** A public key of a supported kind. Only {@link readPublicKey} and {@link toVerificationKey} make one. */
export interface VerificationKey {
  readonly scheme: SignatureScheme
  /** Base64 of the SHA-256 of the key in SPKI form, as bundles name keys. Anyone can write it: no reason to trust. */
  readonly hint: string
  /** For people: `sha256:` and the same hash in hexadecimal. */
  readonly id: string
  readonly key: KeyObject
}

const CURVES: ReadonlyMap<string | undefined, SignatureScheme> = new Map([
  ['prime256v1', 'ecdsa-p256-sha256'],
  ['secp384r1', 'ecdsa-p384-sha384'],
  ['secp521r1', 'ecdsa-p521-sha512'],
])

const RSA_BITS = { least: 2048, most: 16_384 }

/** Reads a PEM file with a public key in SPKI form. Throws KEY_INVALID; `name` names the key in messages. */
export function readPublicKey(pem: string, name = 'the public key'): VerificationKey {
  const { label, bytes } = readPem(pem, name)
  if (label !== 'PUBLIC KEY')
    throw new WasmpackError('KEY_INVALID', `${name} is a PEM block ${JSON.stringify(label)}`, {
      hint: label.endsWith('PRIVATE KEY')
        ? 'this is a private key: verify with the public one beside it, which ends in .pub'
        : 'a block PUBLIC KEY is expected, as in cosign.pub',
    })
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new WasmpackError('KEY_INVALID', `${name} does not hold a key in SPKI form`, {
      cause,
      hint: UNKNOWN_KIND,
    })
  }
  return toVerificationKey(key, name)
}

/** The public half of a public or private key. Throws KEY_INVALID for an unsupported kind. */
export function toVerificationKey(key: KeyObject, name = 'the key'): VerificationKey {
  const scheme = detectScheme(key, name)
  const publicKey = key.type === 'public' ? key : createPublicKey(key)
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const hash = createHash('sha256').update(spki).digest()
  return { scheme, hint: encodeBase64(hash), id: `sha256:${hash.toString('hex')}`, key: publicKey }
}

function detectScheme(key: KeyObject, name: string): SignatureScheme {
  const unsupported = (found: string): WasmpackError =>
    new WasmpackError('KEY_INVALID', `${name} is ${found}, which is not supported`, {
      hint: 'use P-256 (wasmpack generate-key-pair), P-384, P-521, or RSA of at least 2048 bits',
    })
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'ec': {
      const scheme = CURVES.get(namedCurve)
      if (scheme === undefined) throw unsupported(`on the curve ${namedCurve ?? 'of its own parameters'}`)
      return scheme
    }
    case 'rsa':
      if (modulusLength! < RSA_BITS.least) throw unsupported(`an RSA key of only ${modulusLength} bits`)
      if (modulusLength! > RSA_BITS.most) throw unsupported(`an RSA key of ${modulusLength} bits`)
      return 'rsa-pkcs1v15-sha256'
    case 'ed25519':
      // cosign signs with Ed25519ph, which node:crypto does not have, and cannot verify the result by default itself.
      throw unsupported('an Ed25519 key (cosign verifies no signature by one unless told how)')
    default:
      throw unsupported(`of the kind ${key.asymmetricKeyType}`)
  }
}

/** The hash algorithm of a scheme. */
export const selectHash = (scheme: SignatureScheme): 'sha256' | 'sha384' | 'sha512' =>
  scheme.slice(-6) as 'sha256' | 'sha384' | 'sha512'

/** Whether the signature over the message was made with the key's private half. Never throws. */
export function isSignedBy(key: VerificationKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(selectHash(key.scheme), message, key.key, signature)
  } catch {
    return false
  }
}
