import type { Command } from 'commander'

import {
  IGNORED_TRUST,
  type OptionalTrust,
  readTrust,
  type Trust,
  type TrustOptions,
} from '../../delivery/trust.ts'
import type { Context } from '../cli/command.ts'
import { exclusiveOptions } from './exclusive.ts'
import { addIdentityOptions, type IdentityFlags, readIdentityFlags } from './identity.ts'
import { collectValues } from './repeated.ts'
import {
  addTrustedRootOptions,
  chooseTrustedRoot,
  readFromTuf,
  type TrustedRootFlags,
} from './trusted-root.ts'
import { createTufReader } from './tuf.ts'

export interface TrustFlags extends IdentityFlags, TrustedRootFlags {
  readonly key?: readonly string[]
  /** What `key` was given with, where --key says who signs. */
  readonly keyFlag?: string
  readonly insecureIgnoreTlog?: boolean
  readonly insecureIgnoreSct?: boolean
  readonly insecureIgnoreSignature?: boolean
}

/** Adds the options that say who must have signed. */
export const addTrustOptions = (command: Command): Command =>
  addTrustedRootOptions(
    addIdentityOptions(
      command.option(
        '--key <key>',
        'public key to verify with: a file, or NAME://ID for the KMS plugin sigstore-kms-NAME (repeatable; any match suffices)',
        collectValues,
      ),
    ),
  )
    .option('--insecure-ignore-tlog', 'accept signatures without an entry in a transparency log')
    .option('--insecure-ignore-sct', 'accept certificates without a timestamp of a certificate log (SCT)')

export const addInsecureIgnoreSignature = (command: Command): Command =>
  command.option('--insecure-ignore-signature', 'skip signature verification')

const NAMES = [
  ['key', '--key'],
  ['certificateIdentity', '--certificate-identity'],
  ['certificateIdentityRegexp', '--certificate-identity-regexp'],
  ['certificateOidcIssuer', '--certificate-oidc-issuer'],
  ['certificateOidcIssuerRegexp', '--certificate-oidc-issuer-regexp'],
  ['trustedRoot', '--trusted-root'],
  ['tufMirror', '--tuf-mirror'],
  ['tufRoot', '--tuf-root'],
  ['insecureIgnoreTlog', '--insecure-ignore-tlog'],
  ['insecureIgnoreSct', '--insecure-ignore-sct'],
] as const satisfies readonly (readonly [keyof TrustFlags, string])[]

/** The first of the options that says who must have signed, or by what evidence; undefined if there is none. */
export const findTrustOption = (flags: TrustFlags): string | undefined =>
  NAMES.find(([name]) => flags[name] !== undefined)?.[1]

/** The public keys or the identity of the flags. */
export const readTrustFlags = async (flags: TrustFlags, context: Context): Promise<Trust> =>
  readTrust(await readTrustOptions(flags, context))

/** The same where any of the options is given; without one, signatures are ignored. */
export const readTrustIfGiven = async (flags: TrustFlags, context: Context): Promise<OptionalTrust> =>
  findTrustOption(flags) === undefined ? IGNORED_TRUST : readTrustFlags(flags, context)

/** The same unless --insecure-ignore-signature is given. Throws USAGE if that and another option are given. */
export async function readTrustOrIgnore(flags: TrustFlags, context: Context): Promise<OptionalTrust> {
  if (!flags.insecureIgnoreSignature)
    return readTrust({
      ...(await readTrustOptions(flags, context)),
      alternative: ', or skip verification with --insecure-ignore-signature',
    })
  const option = findTrustOption(flags)
  if (option === undefined) return IGNORED_TRUST
  throw exclusiveOptions(option, '--insecure-ignore-signature')
}

async function readTrustOptions(flags: TrustFlags, context: Context): Promise<TrustOptions> {
  const { reporter } = context
  const identity = await readIdentityFlags(flags)
  const { key, keyFlag = '--key', insecureIgnoreTlog = false, insecureIgnoreSct = false } = flags
  if (key !== undefined && identity !== undefined) throw exclusiveOptions(keyFlag, '--certificate-identity')
  const tuf = createTufReader(flags, context)
  const trustedRoot =
    chooseTrustedRoot(flags, context, tuf) ?? (identity === undefined ? undefined : readFromTuf(tuf))
  if (identity !== undefined && insecureIgnoreTlog)
    reporter.warn('entries of transparency logs are not verified (--insecure-ignore-tlog)')
  if (identity !== undefined && insecureIgnoreSct)
    reporter.warn('timestamps of certificate logs are not verified (--insecure-ignore-sct)')
  return {
    ...(key && { keys: key }),
    keyFlag,
    ...(identity && { identity }),
    ...(trustedRoot && { trustedRoot }),
    ignoreLog: insecureIgnoreTlog,
    ignoreCertificateLog: insecureIgnoreSct,
    signal: context.signal,
  }
}
