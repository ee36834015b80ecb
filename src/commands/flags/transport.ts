import type { Command } from 'commander'

import type { RegistryClientOptions } from '../../delivery/open/client-options.ts'
import { type OpenTarget, createTargetOpener } from '../../delivery/open/open-target.ts'
import { readPemFile, readText } from '../../delivery/files/text-file.ts'
import { WasmpackError } from '../../errors.ts'
import type { RegistryAction } from '../../oci/registry/auth/scope.ts'
import { type Credential, isBearerToken } from '../../oci/registry/credentials/credential.ts'
import { printable } from '../../printable.ts'
import { quoteLocation } from '../../redacted.ts'
import type { Context } from '../cli/command.ts'
import { CONNECTION_OPTIONS, CREDENTIAL_OPTIONS } from '../cli/help.ts'
import { type ClientCertificateFlags, readClientCertificate } from './client-certificate.ts'
import { type TimeoutFlags, addTimeoutOptions } from './timeout.ts'
import { collectValues } from './repeated.ts'
import { exclusiveOptions } from './exclusive.ts'

export interface TransportFlags extends ClientCertificateFlags, TimeoutFlags {
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly identityTokenStdin?: boolean
  readonly registryTokenStdin?: boolean
  readonly registryConfig?: string
  readonly registriesConf?: string
  readonly trustedRealm?: readonly string[]
  readonly caFile?: string
  readonly insecure?: boolean
  readonly plainHttp?: boolean
}

/** Adds the options that reach a registry, named as oras names them; no secret is ever an argument. */
export const addTransportOptions = (command: Command): Command => {
  command
    .optionsGroup(CREDENTIAL_OPTIONS)
    .option('-u, --username <name>', 'registry username; pass the password with --password-stdin')
    .option('--password-stdin', 'read the password from stdin')
    .option('--identity-token-stdin', 'read an identity token (OAuth 2 refresh token) from stdin')
    .option('--registry-token-stdin', 'read a registry bearer token from stdin')
    .option('--registry-config <file>', 'path of the authentication file; replaces the default locations')
    .option(
      '--trusted-realm <host>',
      'trust this token service (auth realm) even if it is on a private address or has changed since login; host or origin (repeatable)',
      collectValues,
    )
    .optionsGroup(CONNECTION_OPTIONS)
    .option(
      '--registries-conf <file>',
      'path of a registries.conf (containers-registries.conf(5)) with mirrors; replaces the default files',
    )
    .option('--ca-file <file>', 'additional CA certificates for registries, PEM')
    .option('--cert-file <file>', 'client certificate, PEM')
    .option('--key-file <file>', 'private key of the client certificate, PEM')
    .option('--insecure', 'skip TLS certificate verification')
    .option('--plain-http', 'use HTTP instead of HTTPS (default for loopback hosts)')
  return addTimeoutOptions(command).optionsGroup('')
}

/** Opens references with the credential of the flags. */
export async function readOpener(
  flags: TransportFlags,
  context: Context,
  purpose: RegistryAction = 'pull',
): Promise<OpenTarget> {
  const credential = await readCredential(flags, context)
  return createTargetOpener({ ...(await readAccess(flags, context)), credential }, purpose)
}

/** The connection options of the flags, without a credential. */
export async function readAccess(flags: TransportFlags, context: Context): Promise<RegistryClientOptions> {
  const { timeout, retries } = flags
  return {
    plainHttp: flags.plainHttp,
    insecure: flags.insecure,
    ca: flags.caFile === undefined ? undefined : await readPemFile(flags.caFile, 'CA file', context.signal),
    caFile: flags.caFile,
    clientCertificate: await readClientCertificate(flags, context.signal),
    registryConfig: flags.registryConfig,
    registriesConf: flags.registriesConf,
    trustedRealms: (flags.trustedRealm ?? []).map(parseRealm),
    debug: context.reporter.debug,
    note: (line) => context.reporter.notice(line),
    warn: (line) => context.reporter.warn(line),
    ...(timeout === undefined ? {} : { deadline: Date.now() + timeout }),
    ...(retries === undefined ? {} : { retries }),
    signal: context.signal,
  }
}

/** Normalises a host or an origin as URLs write them: without a default port. */
function parseRealm(text: string): string {
  const url = `${text.includes('://') ? '' : 'https://'}${text}`
  const { protocol, host, origin, href } = URL.canParse(url) ? new URL(url) : BLANK_URL
  if ((protocol === 'https:' || protocol === 'http:') && href === `${origin}/`)
    return text.includes('://') ? origin : host
  throw new WasmpackError(
    'USAGE',
    `invalid --trusted-realm ${quoteLocation(text)}: expected a host or an origin`,
    {
      hint: 'for example auth.example.com or https://auth.example.com:8443',
    },
  )
}

const BLANK_URL = new URL('about:blank')

/** The credential of the flags, if any. Throws USAGE for an incomplete one. */
export async function readCredential(
  flags: TransportFlags,
  { signal }: Context,
): Promise<Credential | undefined> {
  const { username } = flags
  const given = STDIN_FLAGS.filter(([name]) => flags[name])
  if (given.length > 1) throw exclusiveOptions(...given.map(([, flag]) => flag))
  if (username?.includes(':'))
    throw new WasmpackError('USAGE', '--username contains a colon', {
      hint: 'pass the user name alone, and the password with --password-stdin (RFC 7617)',
    })
  switch (given[0]?.[0]) {
    case 'identityTokenStdin':
      return {
        kind: 'identity-token',
        token: await readSecret('identity token', signal),
        ...(username === undefined ? {} : { username }),
      }
    case 'registryTokenStdin':
      return { kind: 'registry-token', token: await readToken(signal) }
    case 'passwordStdin':
      if (username === undefined)
        throw new WasmpackError('USAGE', '--password-stdin requires --username', {
          hint: 'pass --username NAME --password-stdin < password.txt',
        })
      return { kind: 'basic', username, password: await readSecret('password', signal) }
    default:
      if (username === undefined) return undefined
      throw new WasmpackError('USAGE', '--username requires a password', {
        hint: `pipe it: --username ${printable(username)} --password-stdin < password.txt`,
      })
  }
}

/** The options that read a secret of the registry from stdin. */
export const STDIN_FLAGS = [
  ['passwordStdin', '--password-stdin'],
  ['identityTokenStdin', '--identity-token-stdin'],
  ['registryTokenStdin', '--registry-token-stdin'],
] as const

async function readToken(signal: AbortSignal): Promise<string> {
  const token = await readSecret('registry token', signal)
  if (isBearerToken(token)) return token
  throw new WasmpackError('USAGE', 'stdin is not a bearer token: it contains invalid characters', {
    hint: 'pipe only the token, on one line',
  })
}

async function readSecret(what: string, signal: AbortSignal): Promise<string> {
  const secret = (await readText('-', what, signal)).replace(/\r?\n$/, '')
  if (secret !== '') return secret
  throw new WasmpackError('USAGE', `no ${what} on stdin`, {
    hint: 'pipe it: echo "$TOKEN" | wasmpack ...',
  })
}
