import type { Command } from 'commander'

import { IGNORED_TRUST, type OptionalTrust, readTrust, type Trust } from '../../delivery/trust.ts'
import { collectValues } from './repeated.ts'
import { exclusiveOptions } from './exclusive.ts'

export interface TrustFlags {
  readonly key?: readonly string[]
  readonly insecureIgnoreSignature?: boolean
}

export const addTrustOptions = (command: Command): Command =>
  command.option('--key <file>', 'public key to verify with (repeatable; any match suffices)', collectValues)

export const addInsecureIgnoreSignature = (command: Command): Command =>
  command.option('--insecure-ignore-signature', 'skip signature verification')

/** The public keys of the flags. */
export const readTrustFlags = ({ key = [] }: TrustFlags): Promise<Trust> => readTrust(key)

/** The same where a key is given; without one, signatures are ignored. */
export const readTrustIfGiven = async (flags: TrustFlags): Promise<OptionalTrust> =>
  flags.key === undefined ? IGNORED_TRUST : readTrustFlags(flags)

/** The same unless --insecure-ignore-signature is given. Throws USAGE if both are given. */
export async function readTrustOrIgnore({
  key,
  insecureIgnoreSignature,
}: TrustFlags): Promise<OptionalTrust> {
  if (!insecureIgnoreSignature)
    return readTrust(key ?? [], ', or skip verification with --insecure-ignore-signature')
  if (key === undefined) return IGNORED_TRUST
  throw exclusiveOptions('--key', '--insecure-ignore-signature')
}
