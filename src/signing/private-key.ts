import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

import { WasmpackError } from '../errors.ts'
import { decryptKey, encryptKey } from './key-encryption.ts'
import { readPem, writePem } from './pem.ts'
import { UNKNOWN_KIND, selectHash, toVerificationKey } from './public-key.ts'
import type { Signer } from './signer.ts'
import { describeSigner } from './verified-signer.ts'
import { createVerifier } from './verifier.ts'

const ENCRYPTED = 'ENCRYPTED SIGSTORE PRIVATE KEY'
const ENCRYPTED_LABELS: ReadonlySet<string> = new Set([ENCRYPTED, 'ENCRYPTED COSIGN PRIVATE KEY'])

/** The DER encoding of an unencrypted key, by the label of its block. */
const PLAIN: ReadonlyMap<string, 'pkcs8' | 'sec1' | 'pkcs1'> = new Map([
  ['PRIVATE KEY', 'pkcs8'],
  ['EC PRIVATE KEY', 'sec1'],
  ['RSA PRIVATE KEY', 'pkcs1'],
])

/** A new P-256 key pair: the private key encrypted with the password as cosign does it, both in PEM. */
export async function generateKeyPair(
  password: string,
): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  })
  const bytes = await encryptKey(pair.privateKey, password)
  return { privateKey: writePem({ label: ENCRYPTED, bytes }), publicKey: pair.publicKey }
}

/** Whether the key needs a password. Throws KEY_INVALID if the text is not PEM. */
export const isEncryptedKey = (pem: string, name = 'the private key'): boolean =>
  ENCRYPTED_LABELS.has(readPem(pem, name).label)

/**
 * Opens cosign's encrypted key, or an unencrypted one (PKCS #8, EC or RSA in PEM), for which the password is ignored. Throws
 * KEY_PASSWORD_WRONG, or KEY_INVALID for a malformed or unsupported key; `name` names the key in messages.
 */
export async function openPrivateKey(
  pem: string,
  password: string | undefined,
  name = 'the private key',
): Promise<Signer> {
  const { label, bytes } = readPem(pem, name)
  if (!ENCRYPTED_LABELS.has(label))
    return createKeySigner(readKey(bytes, findPlainType(label, name), name), name)
  if (password === undefined)
    throw new WasmpackError('KEY_PASSWORD_WRONG', `${name} is encrypted: no password given`, {
      hint: 'set COSIGN_PASSWORD, or run the command in a terminal to be asked for it',
    })
  return createKeySigner(readKey(await decryptKey(bytes, password, name), 'pkcs8', name), name)
}

function findPlainType(label: string, name: string): 'pkcs8' | 'sec1' | 'pkcs1' {
  const type = PLAIN.get(label)
  if (type !== undefined) return type
  throw new WasmpackError('KEY_INVALID', `${name} is a PEM block ${JSON.stringify(label)}`, {
    hint: label.endsWith('PUBLIC KEY')
      ? 'this is a public key: sign with the private one, which ends in .key'
      : `a block ${ENCRYPTED} is expected; cosign import-key-pair converts other keys`,
  })
}

function readKey(der: Uint8Array, type: 'pkcs8' | 'sec1' | 'pkcs1', name: string): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type })
  } catch (cause) {
    throw new WasmpackError('KEY_INVALID', `${name} does not hold a key in ${type.toUpperCase()} form`, {
      cause,
      hint: UNKNOWN_KIND,
    })
  }
}

function createKeySigner(key: KeyObject, name: string): Signer {
  const own = toVerificationKey(key, name)
  const { id, hint } = own
  return {
    name: describeSigner({ kind: 'key', id, hint }),
    identities: [{ kind: 'key', id, hint }],
    verifier: createVerifier({ kind: 'keys', keys: [own] }),
    sign: async (message) => ({
      signature: sign(selectHash(own.scheme), message, key),
      material: { kind: 'publicKey', hint },
      publicKey: own.key.export({ format: 'der', type: 'spki' }),
    }),
  }
}
