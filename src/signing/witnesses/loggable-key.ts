import { WasmpackError } from '../../errors.ts'
import type { VerificationKey } from '../public-key.ts'
import type { RekorVersion } from '../services/choose-services.ts'

/** The name of the key's algorithm in protobuf's PublicKeyDetails; undefined for an RSA key of a size that has none. */
export function nameAlgorithm({ scheme, key }: VerificationKey): string | undefined {
  switch (scheme) {
    case 'ecdsa-p256-sha256':
      return 'PKIX_ECDSA_P256_SHA_256'
    case 'ecdsa-p384-sha384':
      return 'PKIX_ECDSA_P384_SHA_384'
    case 'ecdsa-p521-sha512':
      return 'PKIX_ECDSA_P521_SHA_512'
    case 'rsa-pkcs1v15-sha256': {
      const bits = key.asymmetricKeyDetails?.modulusLength
      return bits === 2048 || bits === 3072 || bits === 4096 ? `PKIX_RSA_PKCS1V15_${bits}_SHA256` : undefined
    }
  }
}

/** Throws KEY_INVALID for a key by which logs of that version verify no envelope. */
export function requireLoggableKey(key: VerificationKey, version: RekorVersion): void {
  if (version === 2 ? nameAlgorithm(key) !== undefined : key.scheme.endsWith('sha256')) return
  const bits = key.key.asymmetricKeyDetails?.modulusLength
  const keys = bits === undefined ? `keys of the kind ${key.scheme}` : `RSA keys of ${bits} bits`
  throw new WasmpackError('KEY_INVALID', `a log of Rekor ${version} takes no signatures by ${keys}`, {
    hint:
      version === 1
        ? 'use P-256 (wasmpack generate-key-pair), RSA, or a log of Rekor 2'
        : 'use P-256 (wasmpack generate-key-pair), or an RSA key of 2048, 3072 or 4096 bits',
  })
}
