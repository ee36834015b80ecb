import { rm, stat } from 'node:fs/promises'

import { WasmpackError } from '../errors.ts'
import { generateKeyPair } from '../signing/private-key.ts'
import { writeOutputFile } from './files/output-file.ts'

export interface KeyPairPaths {
  readonly privateKey: string
  readonly publicKey: string
}

/** The paths of a key pair. Throws FILE_UNWRITABLE if one exists, unless `overwrite`: before a password is asked for. */
export async function planKeyPair(prefix: string, overwrite: boolean): Promise<KeyPairPaths> {
  const paths = { privateKey: `${prefix}.key`, publicKey: `${prefix}.pub` }
  for (const path of overwrite ? [] : Object.values(paths))
    if (await fileExists(path))
      throw new WasmpackError('FILE_UNWRITABLE', `cannot write key ${path}: it already exists`, {
        hint: 'choose another --output-key-prefix, or pass --force to overwrite the key pair',
      })
  return paths
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

const fileExists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
