import type { Command } from 'commander'

import { readPemFile } from '../../delivery/files/text-file.ts'
import { parseKeyUri } from '../../signing/kms/key-uri.ts'
import { isEncryptedKey, openPrivateKey } from '../../signing/private-key.ts'
import type { Signer } from '../../signing/signer.ts'
import { askSecret } from '../cli/ask-secret.ts'
import type { Context } from '../cli/command.ts'

export interface SignerFlags {
  readonly key?: string
}

/** The hint where a private key's password cannot be asked for. */
export const SET_PASSWORD = 'set COSIGN_PASSWORD'

export const addSigningKeyOption = (command: Command): Command =>
  command.option(
    '--key <key>',
    'private key to sign with: a file, whose password is read from COSIGN_PASSWORD or a prompt, or NAME://ID for the KMS plugin sigstore-kms-NAME',
  )

export async function readSigner(key: string, context: Context): Promise<Signer> {
  const uri = parseKeyUri(key)
  if (uri === undefined) return readKeyFile(key, context)
  const { openKmsKey } = await import('../../signing/kms/kms-key.ts')
  return openKmsKey(uri, { signal: context.signal })
}

async function readKeyFile(file: string, { environment, signal }: Context): Promise<Signer> {
  const pem = await readPemFile(file, 'private key', signal)
  const name = `private key ${file}`
  if (!isEncryptedKey(pem, name)) return openPrivateKey(pem, undefined, name)
  const password = environment.keyPassword ?? (await askSecret(`Password of ${file}: `, SET_PASSWORD, signal))
  return openPrivateKey(pem, password, name)
}
