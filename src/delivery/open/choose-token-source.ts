import type { IdentityVariables } from '../../config/identity-variables.ts'
import { WasmpackError } from '../../errors.ts'
import type { Transport } from '../../http/transport.ts'
import type { Flow } from '../../oidc/flows/flow-source.ts'
import type { TokenSource } from '../../oidc/token-source.ts'

/** Where the user wants the identity token to come from, and what it must be. */
export interface TokenRequest {
  /** The token that was read from standard input. */
  readonly given?: string | undefined
  /** A file with a token. */
  readonly file?: string | undefined
  readonly flow?: Flow | undefined
  /** The issuer that the token must be of. */
  readonly issuer?: string | undefined
  /** Also an audience that the token may have. */
  readonly clientId?: string | undefined
  readonly clientSecret?: string | undefined
  /** Tells the person at the terminal what to do. */
  readonly tell: (line: string) => void
  readonly signal: AbortSignal
}

/** The audience of the public Sigstore, and the usual one of others. */
export const SIGSTORE = 'sigstore'

export const listAudiences = ({ clientId = SIGSTORE }: Pick<TokenRequest, 'clientId'>): readonly string[] => [
  ...new Set([clientId, SIGSTORE]),
]

/**
 * The first source there is: the flow or the token that was asked for, SIGSTORE_ID_TOKEN, GitHub Actions, Buildkite, a projected
 * file. Throws UNAUTHENTICATED if there is none, USAGE for a flow without an issuer. `suggestedIssuer` is that of the services.
 */
export async function chooseTokenSource(
  request: TokenRequest,
  variables: IdentityVariables,
  suggestedIssuer: string | undefined,
  transport: Transport,
): Promise<TokenSource> {
  const { flow, given, file, signal, clientId = SIGSTORE } = request
  if (flow !== undefined) return openFlow(flow, request, variables, suggestedIssuer, transport)
  const { givenToken } = await import('../../oidc/sources/given-token.ts')
  if (given !== undefined) return givenToken('standard input', given)
  const { tokenFile, findProjectedToken } = await import('../../oidc/sources/token-file.ts')
  if (file !== undefined) return tokenFile(file, signal)
  if (variables.token !== undefined) return givenToken('$SIGSTORE_ID_TOKEN', variables.token)
  if (variables.githubActions !== undefined) {
    const { githubActionsTokens } = await import('../../oidc/sources/github-actions.ts')
    return githubActionsTokens(variables.githubActions, clientId, transport)
  }
  if (variables.inBuildkite) {
    const { buildkiteTokens } = await import('../../oidc/sources/buildkite.ts')
    return buildkiteTokens(clientId, signal)
  }
  const projected = await findProjectedToken(signal)
  if (projected !== undefined) return projected
  throw new WasmpackError('UNAUTHENTICATED', 'no identity token to sign with', {
    hint: variables.inGithubActions
      ? 'give the job of GitHub Actions permissions: id-token: write'
      : 'pass --identity-token FILE, set SIGSTORE_ID_TOKEN, or sign in with --oidc-flow browser',
  })
}

async function openFlow(
  flow: Flow,
  request: TokenRequest,
  variables: IdentityVariables,
  suggestedIssuer: string | undefined,
  transport: Transport,
): Promise<TokenSource> {
  const { clientId = SIGSTORE, clientSecret, tell, signal, issuer = suggestedIssuer } = request
  if (issuer === undefined)
    throw new WasmpackError('USAGE', '--oidc-flow needs --oidc-issuer', {
      hint: 'for example --oidc-issuer https://keycloak.example.com/realms/REALM',
    })
  const { createFlowSource } = await import('../../oidc/flows/flow-source.ts')
  const { openBrowser } = await import('../../oidc/flows/open-browser.ts')
  return createFlowSource(
    {
      flow,
      issuer,
      client: { id: clientId, secret: clientSecret },
      audiences: listAudiences(request),
      tell,
      openBrowser: (url) => openBrowser(url, variables.browser),
      signal,
    },
    transport,
  )
}
