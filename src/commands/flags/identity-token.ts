import type { Command } from 'commander'

import { readText } from '../../delivery/files/text-file.ts'
import type { TokenRequest } from '../../delivery/open/choose-token-source.ts'
import { WasmpackError } from '../../errors.ts'
import type { Flow } from '../../oidc/flows/flow-source.ts'
import { quoted } from '../../printable.ts'
import type { Context } from '../cli/command.ts'
import { TOKEN_OPTIONS } from '../cli/help.ts'
import type { CapabilityFlags } from './capabilities.ts'
import { exclusiveOptions } from './exclusive.ts'
import { STDIN_FLAGS, type TransportFlags } from './transport.ts'

export interface IdentityTokenFlags {
  readonly identityToken?: string
  readonly oidcIssuer?: string
  readonly oidcClientId?: string
  readonly oidcClientSecretFile?: string
  readonly oidcFlow?: Flow
}

/** No token and no secret is ever an argument. */
export const addIdentityTokenOptions = (command: Command): Command =>
  command
    .optionsGroup(TOKEN_OPTIONS)
    .option(
      '--identity-token <file>',
      'file with the OpenID Connect token to sign with, - for stdin (--identity-token-stdin is for the registry)',
      parseTokenPath,
    )
    .option('--oidc-issuer <url>', 'issuer that the token must be of, and to sign in at with --oidc-flow')
    .option('--oidc-client-id <id>', 'client, and audience of the token (default: sigstore)')
    .option('--oidc-client-secret-file <file>', 'file with the secret of the client')
    .option('--oidc-flow <flow>', 'sign in at the issuer: client-credentials, device or browser', parseFlow)
    .optionsGroup('')

/** A token in place of its file must not reach a message, so the text is not quoted. */
function parseTokenPath(text: string): string {
  if (!/^eyJ[\w-]+\.[\w-]+\./.test(text)) return text
  throw new WasmpackError('USAGE', 'invalid --identity-token: it is a token, and expected is a file', {
    hint: 'arguments can be seen by others: pipe the token, --identity-token - < FILE, or set SIGSTORE_ID_TOKEN',
  })
}

const FLOWS: readonly Flow[] = ['client-credentials', 'device', 'browser']

function parseFlow(text: string): Flow {
  const flow = FLOWS.find((name) => name === text)
  if (flow !== undefined) return flow
  throw new WasmpackError(
    'USAGE',
    `invalid --oidc-flow ${quoted(text.slice(0, 100))}: expected ${FLOWS.join(', ')}`,
    {
      hint: 'client-credentials is for machines, device for a terminal without a browser, browser for people',
    },
  )
}

const FLAGS = {
  identityToken: '--identity-token',
  oidcIssuer: '--oidc-issuer',
  oidcClientId: '--oidc-client-id',
  oidcClientSecretFile: '--oidc-client-secret-file',
  oidcFlow: '--oidc-flow',
} as const

/** The options that were given. */
export const listTokenFlags = (flags: IdentityTokenFlags): readonly string[] =>
  (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).flatMap((name) =>
    flags[name] === undefined ? [] : [FLAGS[name]],
  )

/** Where the token is to come from; a token or a secret in a file is read. Throws USAGE for a contradiction. */
export async function readTokenRequest(
  flags: IdentityTokenFlags & CapabilityFlags & TransportFlags,
  { reporter, signal }: Context,
): Promise<TokenRequest> {
  const { identityToken, oidcIssuer, oidcClientId, oidcClientSecretFile, oidcFlow } = flags
  if (identityToken !== undefined && oidcFlow !== undefined)
    throw exclusiveOptions('--identity-token', '--oidc-flow')
  if (oidcClientSecretFile !== undefined && oidcFlow === undefined)
    throw new WasmpackError('USAGE', '--oidc-client-secret-file requires --oidc-flow', {
      hint: 'for example --oidc-flow client-credentials',
    })
  if (oidcFlow === 'client-credentials' && oidcClientSecretFile === undefined)
    throw new WasmpackError('USAGE', '--oidc-flow client-credentials requires --oidc-client-secret-file', {
      hint: 'a client without a secret has no credentials',
    })
  const fromStdin = identityToken === '-'
  const other =
    flags.capabilities === '-' ? '--capabilities -' : STDIN_FLAGS.find(([name]) => flags[name] === true)?.[1]
  if (fromStdin && other !== undefined) throw exclusiveOptions('--identity-token -', other)
  return {
    given: fromStdin ? await readLine('-', 'identity token', signal) : undefined,
    file: fromStdin ? undefined : identityToken,
    flow: oidcFlow,
    issuer: oidcIssuer,
    clientId: oidcClientId,
    clientSecret:
      oidcClientSecretFile === undefined
        ? undefined
        : await readLine(oidcClientSecretFile, 'client secret', signal),
    tell: (line) => reporter.notice(line),
    signal,
  }
}

/** The final line feed of a file is not part of a secret. */
const readLine = async (path: string, what: string, signal: AbortSignal): Promise<string> =>
  (await readText(path, what, signal)).replace(/\r?\n$/, '')
