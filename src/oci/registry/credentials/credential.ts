/**
 * What a user proves to a registry who they are with: name and password, an identity token to exchange for access tokens,
 * or an access token that is sent as it is.
 */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string; readonly username?: string }
  | { readonly kind: 'registry-token'; readonly token: string }

/** The user name that stands for "the secret is an identity token" in Docker's credential protocol. */
export const IDENTITY_TOKEN_USER = '<token>'

/** Whether a token can be sent as it is, in a header. */
export const isBearerToken = (token: string): boolean => /^[\x21-\x7e]{1,65536}$/.test(token)

/** The Authorization header for HTTP Basic; undefined for what is no name and password. */
export function formatBasicHeader(credential: Credential): string | undefined {
  if (credential.kind === 'registry-token') return undefined
  const [name, secret] =
    credential.kind === 'basic'
      ? [credential.username, credential.password]
      : [credential.username ?? IDENTITY_TOKEN_USER, credential.token]
  return `Basic ${Buffer.from(`${name}:${secret}`, 'utf8').toString('base64')}`
}

/** The host that a registry's name is reached at: Docker Hub is the one whose name is not its host. */
export const toWireHost = (registry: string): string =>
  registry === 'docker.io' || registry === 'index.docker.io' ? 'registry-1.docker.io' : registry

/** A repository as the registry knows it: Docker Hub's own images have no owner in their name. */
export const toWireRepository = (registry: string, repository: string): string =>
  toWireHost(registry) === 'registry-1.docker.io' && !repository.includes('/')
    ? `library/${repository}`
    : repository

/** Equal for equal credentials, and only for those. */
export function identifyCredential(credential: Credential): string {
  const user = 'username' in credential ? (credential.username ?? null) : null
  return JSON.stringify([
    credential.kind,
    user,
    credential.kind === 'basic' ? credential.password : credential.token,
  ])
}
