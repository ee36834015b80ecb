import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { libtrustFingerprint } from './libtrust.ts'
import type { TokenIssuer } from './token-issuer.ts'

/** Who may do what: a user's password and the actions that a token may carry. */
export interface TokenUser {
  readonly password: string
  readonly actions: readonly string[]
}

/** A token server for registries, as https://distribution.github.io/distribution/spec/auth/ describes it. */
export interface TokenServer extends TokenIssuer {
  stop(): Promise<void>
}

interface Grant {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

const LIFETIME = 300 // seconds, as the service says
const ISSUER = 'wasmpack-test'
const SERVICE = 'wasmpack-test-registry'

/**
 * Starts it on a free port. GET takes Basic credentials, or none and grants nothing; POST is the OAuth 2 form with the
 * password and refresh_token grants. A token carries what was asked for and the user may do. It lasts as many seconds as
 * `lifetime` answers, whatever the service says of it.
 */
export async function startTokenServer(
  users: Readonly<Record<string, TokenUser>>,
  lifetime: () => number = () => LIFETIME,
): Promise<TokenServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = libtrustFingerprint(publicKey)
  const refreshTokens = new Map<string, string>()

  const issue = (user: string | undefined, scopes: readonly string[], offline: boolean): object => {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: ISSUER,
      sub: user ?? '',
      aud: SERVICE,
      exp: now + lifetime(),
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access: user === undefined ? [] : grants(scopes, users[user]?.actions ?? []),
    }
    const token = jwt({ typ: 'JWT', alg: 'RS256', kid }, claims, privateKey)
    const refresh = randomUUID()
    if (offline && user !== undefined) refreshTokens.set(refresh, user)
    return {
      token,
      access_token: token,
      expires_in: LIFETIME,
      issued_at: new Date(now * 1000).toISOString(),
      ...(offline && user !== undefined ? { refresh_token: refresh } : {}),
    }
  }
  const authenticated = (username: string, password: string): boolean =>
    Object.hasOwn(users, username) && users[username]?.password === password

  const answer = async (request: IncomingMessage): Promise<object | undefined> => {
    if (request.method === 'POST') {
      const form = new URLSearchParams(await bodyOf(request))
      const scopes = (form.get('scope') ?? '').split(' ')
      const refresh = form.get('refresh_token') ?? ''
      const username = form.get('username') ?? ''
      if (form.get('grant_type') === 'refresh_token') {
        const owner = refreshTokens.get(refresh)
        return owner === undefined
          ? undefined
          : { ...issue(owner, scopes, false), refresh_token: refresh, scope: scopes.join(' ') }
      }
      if (!authenticated(username, form.get('password') ?? '')) return undefined
      return issue(username, scopes, form.get('access_type') === 'offline')
    }
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams
    const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '))
    const header = request.headers.authorization
    if (header === undefined) return issue(undefined, scopes, false)
    const [username = '', ...rest] = Buffer.from(header.replace(/^Basic /i, ''), 'base64')
      .toString()
      .split(':')
    if (!authenticated(username, rest.join(':'))) return undefined
    return issue(username, scopes, query.get('offline_token') === 'true')
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => {
        response.writeHead(body === undefined ? 401 : 200, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(body ?? { errors: [{ code: 'UNAUTHORIZED', message: 'wrong credentials' }] }),
        )
      },
      () => response.writeHead(400).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    // A name, and the same as the registries': go-containerregistry refuses a realm on a loopback address, oras one on
    // another host name than the registry's that resolves to loopback.
    realm: `http://localhost:${address.port}/token`,
    service: SERVICE,
    issuer: ISSUER,
    jwks: JSON.stringify({
      keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }],
    }),
    certificate: certifyItself(privateKey),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** docker-registry 2.x takes a key in no other form. */
function certifyItself(privateKey: KeyObject): string {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-tokens-'))
  try {
    const key = join(directory, 'key.pem')
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    return execFileSync(
      'openssl',
      ['req', '-x509', '-key', key, '-subj', '/CN=wasmpack-test', '-days', '2'],
      {
        encoding: 'utf8',
      },
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function grants(scopes: readonly string[], allowed: readonly string[]): readonly Grant[] {
  return scopes.flatMap((scope) => {
    const match = /^(repository|registry):([^ ]+):([a-z*,]+)$/.exec(scope)
    if (match === null) return []
    const [, type = '', name = '', actions = ''] = match
    return [{ type, name, actions: actions.split(',').filter((action) => allowed.includes(action)) }]
  })
}

function jwt(header: object, claims: object, key: KeyObject): string {
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
