import type { Command } from 'commander'

import { readPemFile } from '../../delivery/files/text-file.ts'
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
    '--key <file>',
    'private key to sign with; the password is read from COSIGN_PASSWORD or a prompt',
  )

export async function readSigner(file: string, { environment, signal }: Context): Promise<Signer> {
  const pem = await readPemFile(file, 'private key', signal)
  const name = `private key ${file}`
  if (!isEncryptedKey(pem, name)) return openPrivateKey(pem, undefined, name)
  const password = environment.keyPassword ?? (await askSecret(`Password of ${file}: `, SET_PASSWORD, signal))
  return openPrivateKey(pem, password, name)
}
