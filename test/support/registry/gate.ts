import { JSON_TYPE, type Reply, refusal } from './asked.ts'
import { BearerGate } from './bearer-gate.ts'
import { HarborGate } from './like/harbor-gate.ts'
import { zotGate } from './like/zot-gate.ts'
import { type Gate, type Visitor, WITHOUT_TOKENS, isAccount, isPing, may, needs } from './visitor.ts'
import type { Account, Hiding, BasicAuth, Auth } from './auth-switches.ts'

/** Who stands in front of a registry: challenges, checks, and serves `/token`. */
export function gateOf(auth: Auth): Gate {
  switch (auth.kind) {
    case 'none':
      return { ...WITHOUT_TOKENS, check: () => undefined }
    case 'bearer':
      return hiding(auth, new BearerGate(auth))
    case 'harbor':
      return new HarborGate(auth)
    case 'zot':
      return zotGate(auth)
    case 'basic':
      return hiding(auth, basicGate(auth))
    case 'anonymous-pull':
      return { ...WITHOUT_TOKENS, check: (visitor) => checkBasic(auth, visitor) }
  }
}

/** A gate that is only seen at `/v2/`: elsewhere nothing is there for a request without credentials. */
function hiding({ hides }: Hiding, gate: Gate): Gate {
  if (hides === undefined) return gate
  return {
    tokenPath: gate.tokenPath,
    token: (visitor, body) => gate.token(visitor, body),
    expireTokens: () => gate.expireTokens(),
    check(visitor, origin) {
      if (visitor.authorization !== undefined || isPing(visitor)) return gate.check(visitor, origin)
      return hides === 404
        ? refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry')
        : refusal(403, 'DENIED', 'requested access to the resource is denied')
    },
  }
}

function basicGate(auth: BasicAuth): Gate {
  let expired = false
  return {
    ...WITHOUT_TOKENS,
    expireTokens: () => (expired = true),
    check: (visitor) =>
      expired && auth.expired === 403 && visitor.authorization !== undefined
        ? refusal(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')
        : checkBasic(auth, visitor),
  }
}

function checkBasic(
  auth: Account & { readonly kind: 'basic' | 'anonymous-pull' },
  visitor: Visitor,
): Reply | undefined {
  const wanted = needs(visitor)
  const reads = wanted.every(({ action }) => action === 'pull')
  if (auth.kind === 'anonymous-pull' && visitor.authorization === undefined && reads)
    return isPing(visitor)
      ? { status: 200, headers: { ...JSON_TYPE, 'www-authenticate': 'basic realm=zot' } }
      : undefined
  if (!isAccount(auth, visitor.authorization))
    return refusal(401, 'UNAUTHORIZED', 'authentication required', undefined, {
      'www-authenticate': 'Basic realm="test"',
    })
  if (wanted.every(({ action }) => may(auth, action))) return undefined
  return refusal(403, 'DENIED', 'requested access to the resource is denied', undefined, {
    'www-authenticate': 'Basic realm="test"',
  })
}
