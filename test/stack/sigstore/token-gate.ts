import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

import { handleOnLoopback, type LoopbackServer, passOn } from '../loopback-server.ts'
import type { TokenIssuer } from '../token-issuer.ts'

interface Access {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** Stands before a registry that asks nobody, and asks for Bearer tokens of the issuer, as registries with referrers API do. */
export function startTokenGate(backend: string, issuer: TokenIssuer): Promise<LoopbackServer> {
  const { keys } = JSON.parse(issuer.jwks) as { readonly keys: readonly (JsonWebKey & { kid: string })[] }
  const known = new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]))
  return handleOnLoopback(async (request, response) => {
    const needed = neededAccess(request)
    const [, token] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    const granted = token === undefined ? undefined : readAccess(token, known, issuer)
    const problem =
      token === undefined
        ? ''
        : granted === undefined
          ? ',error="invalid_token"'
          : needed !== undefined && !covers(granted, needed)
            ? ',error="insufficient_scope"'
            : undefined
    if (problem === undefined) return await passOn(request, response, backend, ['authorization'])
    const scope = needed === undefined ? '' : `,scope="repository:${needed.name}:${needed.actions.join(',')}"`
    request.resume()
    response.writeHead(401, {
      'content-type': 'application/json',
      'www-authenticate': `Bearer realm="${issuer.realm}",service="${issuer.service}"${scope}${problem}`,
    })
    response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }))
  })
}

/** What a request may only do with a token that says so; undefined if any token does. */
function neededAccess({ url = '/', method = 'GET' }: IncomingMessage): Access | undefined {
  const [, name] = /^\/v2\/(.+)\/(?:blobs|manifests|tags|referrers)(?:[/?]|$)/.exec(url) ?? []
  if (name === undefined) return undefined
  const reads = method === 'GET' || method === 'HEAD'
  return { type: 'repository', name, actions: reads ? ['pull'] : ['pull', 'push'] }
}

const covers = (granted: readonly Access[], needed: Access): boolean =>
  needed.actions.every((action) =>
    granted.some(
      ({ type, name, actions }) => type === needed.type && name === needed.name && actions.includes(action),
    ),
  )

function readAccess(
  token: string,
  keys: ReadonlyMap<string, KeyObject>,
  { issuer, service }: TokenIssuer,
): readonly Access[] | undefined {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const key = keys.get(decode<{ kid: string }>(header).kid)
  if (key === undefined) return undefined
  if (!verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')))
    return undefined
  const {
    iss,
    aud,
    exp,
    access = [],
  } = decode<{ iss: string; aud: string; exp: number; access?: Access[] }>(claims)
  return iss === issuer && aud === service && exp > Date.now() / 1000 ? access : undefined
}

const decode = <T>(part: string): T => JSON.parse(Buffer.from(part, 'base64url').toString()) as T
