import { randomBytes, scrypt } from 'node:crypto'

import { WasmpackError } from '../errors.ts'
import { isRecord, parseJson } from '../json.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'

const KDF = 'scrypt'
const CIPHER = 'nacl/secretbox'
const SALT_SIZE = 32
const NONCE_SIZE = 24
const KEY_SIZE = 32

/** The costs of go-securesystemslib. Any other could demand unbounded memory and time. */
const COSTS: ReadonlySet<unknown> = new Set([32_768, 65_536, 131_072])
const COST = 65_536
const BLOCK_SIZE = 8
const PARALLELISM = 1

const deriveKey = (password: string, salt: Uint8Array, cost: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const options = { N: cost, r: BLOCK_SIZE, p: PARALLELISM, maxmem: 256 * cost * BLOCK_SIZE }
    scrypt(password, salt, KEY_SIZE, options, (error, key) => (error ? reject(error) : resolve(key)))
  })

async function createCipher(password: string, salt: Uint8Array, cost: number, nonce: Uint8Array) {
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js')
  return xsalsa20poly1305(await deriveKey(password, salt, cost), nonce)
}

/** Encrypts a key with a password, as the JSON document of cosign's key files (go-securesystemslib's `encrypted`). */
export async function encryptKey(plaintext: Uint8Array, password: string): Promise<Uint8Array> {
  const salt = randomBytes(SALT_SIZE)
  const nonce = randomBytes(NONCE_SIZE)
  const box = await createCipher(password, salt, COST, nonce)
  return Buffer.from(
    JSON.stringify({
      kdf: { name: KDF, params: { N: COST, r: BLOCK_SIZE, p: PARALLELISM }, salt: encodeBase64(salt) },
      cipher: { name: CIPHER, nonce: encodeBase64(nonce) },
      ciphertext: encodeBase64(box.encrypt(new Uint8Array(plaintext))),
    }),
  )
}

/** The inverse of {@link encryptKey}. Throws KEY_PASSWORD_WRONG, or KEY_INVALID for a malformed document; `name` is the key's. */
export async function decryptKey(bytes: Uint8Array, password: string, name: string): Promise<Uint8Array> {
  const { salt, cost, nonce, ciphertext } = parseEncryptedKey(bytes, name)
  const box = await createCipher(password, salt, cost, nonce)
  try {
    return box.decrypt(ciphertext)
  } catch {
    throw new WasmpackError('KEY_PASSWORD_WRONG', `wrong password for ${name}`, {
      hint: 'check COSIGN_PASSWORD, or what was typed; a damaged key file gives the same error',
    })
  }
}

interface EncryptedKey {
  readonly salt: Uint8Array
  readonly cost: number
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

function parseEncryptedKey(bytes: Uint8Array, name: string): EncryptedKey {
  const invalid = (problem: string, cause?: unknown): WasmpackError =>
    new WasmpackError('KEY_INVALID', `${name} is encrypted, and ${problem}`, {
      cause,
      hint: 'the file is damaged, or was not written by cosign or wasmpack generate-key-pair',
    })
  let value: unknown
  try {
    value = parseJson(bytes, 'key')
  } catch (cause) {
    throw invalid('its content is not one JSON document', cause)
  }
  const { kdf, cipher, ciphertext: sealed } = isRecord(value) ? value : {}
  if (!isRecord(kdf) || kdf['name'] !== KDF || !isRecord(kdf['params']))
    throw invalid(`its key derivation function is not ${KDF}`)
  if (!isRecord(cipher) || cipher['name'] !== CIPHER) throw invalid(`its cipher is not ${CIPHER}`)
  const { N, r, p } = kdf['params']
  if (!COSTS.has(N) || r !== BLOCK_SIZE || p !== PARALLELISM)
    throw invalid('its scrypt parameters are not those of any known key file')
  const salt = decodeBase64(kdf['salt'])
  const nonce = decodeBase64(cipher['nonce'])
  const ciphertext = decodeBase64(sealed)
  if (salt?.length !== SALT_SIZE || nonce?.length !== NONCE_SIZE || ciphertext === undefined)
    throw invalid('its salt, nonce or ciphertext has the wrong length')
  return { salt, cost: N as number, nonce, ciphertext }
}
