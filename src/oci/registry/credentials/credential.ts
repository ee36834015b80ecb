import { isDockerHub } from '../../../hosts/registry-host.ts'

/**
 * A credential for a registry: name and password, an identity token to exchange for bearer tokens, or a bearer token that is sent
 * directly.
 */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string; readonly username?: string }
  | { readonly kind: 'registry-token'; readonly token: string }

/** The user name that marks an identity token in Docker's credential protocol. */
export const IDENTITY_TOKEN_USER = '<token>'

/** Whether a token can be sent in a header. */
export const isBearerToken = (token: string): boolean => /^[\x21-\x7e]{1,65536}$/.test(token)

/** The Authorization header for HTTP Basic; undefined for a bearer token. */
export function formatBasicHeader(credential: Credential): string | undefined {
  if (credential.kind === 'registry-token') return undefined
  const [name, secret] =
    credential.kind === 'basic'
      ? [credential.username, credential.password]
      : [credential.username ?? IDENTITY_TOKEN_USER, credential.token]
  return `Basic ${Buffer.from(`${name}:${secret}`, 'utf8').toString('base64')}`
}

/** The host to connect to for a registry; only Docker Hub has another one than its name. */
export const toWireHost = (registry: string): string =>
  isDockerHub(registry) ? 'registry-1.docker.io' : registry

/** The repository name to send: Docker Hub's official images are under `library/`. */
export const toWireRepository = (registry: string, repository: string): string =>
  isDockerHub(registry) && !repository.includes('/') ? `library/${repository}` : repository

/** Equal for equal credentials, and only for those. */
export function identifyCredential(credential: Credential): string {
  const user = 'username' in credential ? (credential.username ?? null) : null
  return JSON.stringify([
    credential.kind,
    user,
    credential.kind === 'basic' ? credential.password : credential.token,
  ])
}
