import type { Command } from 'commander'

import { type Access, type OpenTarget, targetOpener } from '../../delivery/open-target.ts'
import { readTextFile } from '../../delivery/text-file.ts'
import { WasmpackError } from '../../errors.ts'
import type { Credential } from '../../oci/registry/credential.ts'
import type { Context } from '../verb.ts'

export interface TransportFlags {
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly identityTokenStdin?: boolean
  readonly registryConfig?: string
  readonly caFile?: string
  readonly insecure?: boolean
  readonly plainHttp?: boolean
}

/** How to reach a registry, in oras's words; no secret is ever an argument. */
export const withTransport = (command: Command): Command =>
  command
    .option('-u, --username <name>', 'user at the registry, with --password-stdin')
    .option('--password-stdin', "read the user's password from stdin")
    .option('--identity-token-stdin', 'read an identity token from stdin')
    .option('--registry-config <file>', 'the only file to look for credentials in, as docker keeps them')
    .option('--ca-file <file>', 'certificate authorities to trust as well, PEM')
    .option('--insecure', 'accept any certificate of the registry')
    .option('--plain-http', 'HTTP without TLS; loopback hosts are reached so by default')

/** What opens the references of this run, with the credential that the flags give. */
export async function readOpener(
  flags: TransportFlags,
  context: Context,
  purpose: 'pull' | 'push' = 'pull',
): Promise<OpenTarget> {
  const credential = await readCredential(flags, context)
  return targetOpener({ ...(await readAccess(flags, context)), credential }, purpose)
}

/** How to reach registries, whoever it is. */
export async function readAccess(flags: TransportFlags, context: Context): Promise<Access> {
  return {
    plainHttp: flags.plainHttp,
    insecure: flags.insecure,
    ca: flags.caFile === undefined ? undefined : await readTextFile(flags.caFile, 'CA file', context.signal),
    registryConfig: flags.registryConfig,
    debug: (line) => context.reporter.debug(line),
    signal: context.signal,
  }
}

/** The credential that the flags give, if any. Throws USAGE for half of one. */
export async function readCredential(
  flags: TransportFlags,
  { signal }: Context,
): Promise<Credential | undefined> {
  const { username, passwordStdin, identityTokenStdin } = flags
  if (passwordStdin && identityTokenStdin)
    throw new WasmpackError('USAGE', '--password-stdin and --identity-token-stdin exclude each other', {
      hint: 'give one of them',
    })
  if (identityTokenStdin)
    return {
      kind: 'identity-token',
      token: await readSecret('identity token', signal),
      ...(username === undefined ? {} : { username }),
    }
  if (passwordStdin) {
    if (username === undefined)
      throw new WasmpackError('USAGE', '--password-stdin is given without --username', {
        hint: 'say whose password it is',
      })
    return { kind: 'basic', username, password: await readSecret('password', signal) }
  }
  if (username !== undefined)
    throw new WasmpackError('USAGE', '--username is given without a password', {
      hint: 'pipe the password in and give --password-stdin; it is never an argument',
    })
  return undefined
}

async function readSecret(what: string, signal: AbortSignal): Promise<string> {
  const secret = (await readTextFile('-', what, signal)).replace(/\r?\n$/, '')
  if (secret !== '') return secret
  throw new WasmpackError('USAGE', `stdin holds no ${what}`, {
    hint: 'pipe it in: echo "$TOKEN" | wasmpack ...',
  })
}
