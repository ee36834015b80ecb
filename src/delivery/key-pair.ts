import { rm, stat } from 'node:fs/promises'

import { WasmpackError } from '../errors.ts'
import type { KmsKeyUri } from '../signing/kms/key-uri.ts'
import { generateKeyPair } from '../signing/private-key.ts'
import { writeOutputFile } from './files/output-file.ts'

export interface KeyPairPaths {
  readonly privateKey: string
  readonly publicKey: string
}

/** The paths of a key pair. Throws FILE_UNWRITABLE if one exists, unless `overwrite`: before a password is asked for. */
export async function planKeyPair(prefix: string, overwrite: boolean): Promise<KeyPairPaths> {
  const paths = { privateKey: `${prefix}.key`, publicKey: `${prefix}.pub` }
  for (const path of overwrite ? [] : Object.values(paths)) await refuseExisting(path)
  return paths
}

/** Lets a KMS make a key, and writes its public half; returns the path. Throws FILE_UNWRITABLE before the key is made. */
export async function createKeyInKms(
  uri: KmsKeyUri,
  prefix: string,
  { overwrite, signal }: { readonly overwrite: boolean; readonly signal?: AbortSignal },
): Promise<string> {
  const path = `${prefix}.pub`
  if (!overwrite) await refuseExisting(path)
  const { createKmsKey } = await import('../signing/kms/kms-key.ts')
  const { key } = await createKmsKey(uri, { signal })
  const pem = key.export({ format: 'pem', type: 'spki' }) as string
  await writeOutputFile(path, pem, { what: 'public key', overwrite })
  return path
}

/** Writes a new key pair: both files or, where none was overwritten, neither. */
export async function writeKeyPair(
  { privateKey, publicKey }: KeyPairPaths,
  password: string,
  overwrite: boolean,
): Promise<void> {
  const pair = await generateKeyPair(password)
  await writeOutputFile(privateKey, pair.privateKey, { what: 'private key', overwrite, mode: 0o600 })
  try {
    await writeOutputFile(publicKey, pair.publicKey, { what: 'public key', overwrite })
  } catch (cause) {
    if (!overwrite) await rm(privateKey, { force: true })
    throw cause
  }
}

async function refuseExisting(path: string): Promise<void> {
  if (await fileExists(path))
    throw new WasmpackError('FILE_UNWRITABLE', `cannot write key ${path}: it already exists`, {
      hint: 'choose another --output-key-prefix, or pass --force to overwrite it',
    })
}

const fileExists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
