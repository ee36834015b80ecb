import type { Command } from 'commander'

import { readTextFile } from '../../delivery/text-file.ts'
import { openPrivateKey } from '../../signing/private-key.ts'
import type { Signer } from '../../signing/signer.ts'
import { askSecret } from '../ask-secret.ts'
import type { Context } from '../verb.ts'

export interface SignerFlags {
  readonly key?: string
}

export const withSigner = (command: Command): Command =>
  command.option(
    '--key <file>',
    'private key to sign with; its password comes from COSIGN_PASSWORD or is asked for',
  )

export async function readSigner(file: string, context: Context): Promise<Signer> {
  const pem = await readTextFile(file, 'private key')
  const encrypted = pem.includes('-----BEGIN ENCRYPTED')
  const password = encrypted
    ? (context.environment.keyPassword ?? (await askSecret(`Password of ${file}: `, 'COSIGN_PASSWORD')))
    : ''
  return openPrivateKey(pem, password)
}
