import type { Command } from 'commander'

import { readPemFile } from '../../delivery/files/text-file.ts'
import { WasmpackError } from '../../errors.ts'
import { readPublicKey } from '../../signing/public-key.ts'
import { createVerifier, type Verifier } from '../../signing/verifier.ts'
import { collectValues } from './repeated.ts'

export interface TrustFlags {
  readonly key?: readonly string[]
  readonly insecureIgnoreSignature?: boolean
}

export const addTrustOptions = (command: Command): Command =>
  command.option('--key <file>', 'public key to verify with (repeatable; any match suffices)', collectValues)

export const addInsecureIgnoreSignature = (command: Command): Command =>
  command.option('--insecure-ignore-signature', 'skip signature verification')

/** Whom to trust by the flags. Throws TRUST_REQUIRED if they name nobody: trust is never the default. */
export async function readTrust({ key: files = [] }: TrustFlags, alternative = ''): Promise<Verifier> {
  if (files.length === 0)
    throw new WasmpackError('TRUST_REQUIRED', 'no key was given to verify the signature with', {
      hint: `give --key cosign.pub${alternative}`,
    })
  const keys = await Promise.all(
    files.map(async (file) => readPublicKey(await readPemFile(file, 'public key'), `public key ${file}`)),
  )
  return createVerifier({ kind: 'keys', keys })
}

/** The same, or that nobody needs to be trusted if the user says so. */
export async function readTrustOrIgnore(flags: TrustFlags): Promise<Verifier | 'ignored'> {
  if (!flags.insecureIgnoreSignature)
    return readTrust(flags, ', or take the artifact unverified with --insecure-ignore-signature')
  if (flags.key === undefined) return 'ignored'
  throw new WasmpackError('USAGE', '--key and --insecure-ignore-signature exclude each other', {
    hint: 'leave one of them out',
  })
}
