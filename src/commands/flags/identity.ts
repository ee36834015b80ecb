import type { Command } from 'commander'

import type { TrustOptions } from '../../delivery/trust.ts'
import { WasmpackError } from '../../errors.ts'
import type { NameMatcher } from '../../signing/identity/name-matcher.ts'
import { exclusiveOptions } from './exclusive.ts'

export interface IdentityFlags {
  readonly certificateIdentity?: string
  readonly certificateIdentityRegexp?: string
  readonly certificateOidcIssuer?: string
  readonly certificateOidcIssuerRegexp?: string
}

export const addIdentityOptions = (command: Command): Command =>
  command
    .option(
      '--certificate-identity <name>',
      'identity that must have signed: e-mail address, URI of a workflow, user name',
    )
    .option(
      '--certificate-identity-regexp <regexp>',
      'the same by a regular expression (RE2) that matches the whole identity',
    )
    .option('--certificate-oidc-issuer <url>', 'issuer that must have vouched for the identity')
    .option(
      '--certificate-oidc-issuer-regexp <regexp>',
      'the same by a regular expression that matches the whole issuer',
    )

/**
 * The identity of the flags; undefined if there is none of them. Throws TRUST_REQUIRED for an identity without an issuer or the
 * reverse, since an issuer alone vouches for everybody, and USAGE for both forms of one, or for a bad expression.
 */
export async function readIdentityFlags(flags: IdentityFlags): Promise<TrustOptions['identity']> {
  const subject = await readName(
    { flag: '--certificate-identity', value: flags.certificateIdentity },
    { flag: '--certificate-identity-regexp', value: flags.certificateIdentityRegexp },
  )
  const issuer = await readName(
    { flag: '--certificate-oidc-issuer', value: flags.certificateOidcIssuer },
    { flag: '--certificate-oidc-issuer-regexp', value: flags.certificateOidcIssuerRegexp },
  )
  if (subject === undefined && issuer === undefined) return undefined
  if (subject !== undefined && issuer !== undefined) return { subject, issuer }
  const [given, missing] =
    subject === undefined
      ? ['--certificate-oidc-issuer', '--certificate-identity']
      : ['--certificate-identity', '--certificate-oidc-issuer']
  throw new WasmpackError('TRUST_REQUIRED', `${given} without ${missing}`, {
    hint: `pass ${missing} or ${missing}-regexp too: an identity counts only together with the issuer that vouches for it`,
  })
}

interface Flag {
  readonly flag: string
  readonly value: string | undefined
}

async function readName(exact: Flag, pattern: Flag): Promise<NameMatcher | undefined> {
  if (exact.value !== undefined && pattern.value !== undefined)
    throw exclusiveOptions(exact.flag, pattern.flag)
  if (exact.value === undefined && pattern.value === undefined) return undefined
  const { equalName, matchingName } = await import('../../signing/identity/verification.ts')
  return exact.value === undefined ? matchingName(pattern.value!, pattern.flag) : equalName(exact.value)
}
