/** Where the environment offers identity tokens, and how it opens a browser. An empty variable counts as unset. */
export interface IdentityVariables {
  /** SIGSTORE_ID_TOKEN: a token, as cosign and GitLab CI pass it. A secret. */
  readonly token: string | undefined
  /** The token service of a GitHub Actions job with `permissions: id-token: write`. */
  readonly githubActions: { readonly url: string; readonly token: string } | undefined
  /** Whether this is a job of GitHub Actions, with that permission or without. */
  readonly inGithubActions: boolean
  /** Whether this is a job of Buildkite, whose agent gives tokens. */
  readonly inBuildkite: boolean
  /** BROWSER: the program that opens web pages. */
  readonly browser: string | undefined
}

export function readIdentityVariables(
  env: Readonly<Record<string, string | undefined>> = process.env,
): IdentityVariables {
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'] || undefined
  const token = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] || undefined
  return {
    token: env['SIGSTORE_ID_TOKEN'] || undefined,
    githubActions: url !== undefined && token !== undefined ? { url, token } : undefined,
    inGithubActions: env['GITHUB_ACTIONS'] === 'true',
    inBuildkite: env['BUILDKITE'] === 'true',
    browser: env['BROWSER'] || undefined,
  }
}
