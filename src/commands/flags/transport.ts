import type { Command } from 'commander'

import type { RegistryClientOptions } from '../../delivery/open/client-options.ts'
import { type OpenTarget, targetOpener } from '../../delivery/open/open-target.ts'
import { readPemFile, readText } from '../../delivery/files/text-file.ts'
import { WasmpackError } from '../../errors.ts'
import type { RegistryAction } from '../../oci/registry/auth/scope.ts'
import { type Credential, isBearerToken } from '../../oci/registry/credentials/credential.ts'
import { printable } from '../../printable.ts'
import type { Context } from '../cli/command.ts'
import { CONNECTION_OPTIONS, CREDENTIAL_OPTIONS } from '../cli/help.ts'
import { type ClientCertificateFlags, readClientCertificate } from './client-certificate.ts'
import { type TimeoutFlags, limitTime, addTimeoutOptions } from './timeout.ts'
import { collectValues } from './repeated.ts'

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

/** What opens the references of this run, with the credential that the flags give. */
export async function readOpener(
  flags: TransportFlags,
  context: Context,
  purpose: RegistryAction = 'pull',
): Promise<OpenTarget> {
  const credential = await readCredential(flags, context)
  return targetOpener({ ...(await readAccess(flags, context)), credential }, purpose)
}

/** How to reach registries, whoever it is. */
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
    signal: timeout === undefined ? context.signal : limitTime(context.signal, timeout),
  }
}

/** A host with its port, unless it is the scheme's own, or an origin, as URLs write it. */
function parseRealm(text: string): string {
  const url = `${text.includes('://') ? '' : 'https://'}${text}`
  const { protocol, host, origin, href } = URL.canParse(url) ? new URL(url) : BLANK_URL
  if ((protocol === 'https:' || protocol === 'http:') && href === `${origin}/`)
    return text.includes('://') ? origin : host
  throw new WasmpackError('USAGE', `--trusted-realm ${printable(text)} is no host and no origin`, {
    hint: 'write it as in the URL of the token service: auth.example.com, or https://auth.example.com:8443',
  })
}

const BLANK_URL = new URL('about:blank')

/** The credential that the flags give, if any. Throws USAGE for half of one. */
export async function readCredential(
  flags: TransportFlags,
  { signal }: Context,
): Promise<Credential | undefined> {
  const { username } = flags
  const given = STDIN_FLAGS.filter(([name]) => flags[name])
  if (given.length > 1)
    throw new WasmpackError('USAGE', `${given.map(([, flag]) => flag).join(' and ')} exclude each other`, {
      hint: 'give one of them',
    })
  if (username?.includes(':'))
    throw new WasmpackError('USAGE', `--username ${printable(username)} has a colon`, {
      hint: 'no registry can tell where such a name ends (RFC 7617)',
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
        throw new WasmpackError('USAGE', '--password-stdin is given without --username', {
          hint: 'say whose password it is',
        })
      return { kind: 'basic', username, password: await readSecret('password', signal) }
    default:
      if (username === undefined) return undefined
      throw new WasmpackError('USAGE', '--username is given without a password', {
        hint: 'pipe the password in and give --password-stdin; it is never an argument',
      })
  }
}

const STDIN_FLAGS = [
  ['passwordStdin', '--password-stdin'],
  ['identityTokenStdin', '--identity-token-stdin'],
  ['registryTokenStdin', '--registry-token-stdin'],
] as const

async function readToken(signal: AbortSignal): Promise<string> {
  const token = await readSecret('registry token', signal)
  if (isBearerToken(token)) return token
  throw new WasmpackError('USAGE', 'stdin holds no registry token: it has characters that no token has', {
    hint: 'pipe in the token alone, in one line',
  })
}

async function readSecret(what: string, signal: AbortSignal): Promise<string> {
  const secret = (await readText('-', what, signal)).replace(/\r?\n$/, '')
  if (secret !== '') return secret
  throw new WasmpackError('USAGE', `stdin holds no ${what}`, {
    hint: 'pipe it in: echo "$TOKEN" | wasmpack ...',
  })
}
