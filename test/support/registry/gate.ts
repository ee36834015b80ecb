import { JSON_TYPE, type Reply, refusal } from './asked.ts'
import { type BearerAuth, BearerGate } from './bearer-gate.ts'
import { type Account, type Gate, type Visitor, isAccount, isPing, may, needs } from './visitor.ts'

/** How a registry lets people in. */
export type Auth =
  | { readonly kind: 'none' }
  | (Account & { readonly kind: 'basic' })
  | BearerAuth
  /** zot with an anonymous policy: everybody may read, and /v2/ welcomes everybody with a challenge on the 200. */
  | (Account & { readonly kind: 'anonymous-pull' })

/** Who stands in front of a registry: challenges, checks, and serves `/token`. */
export function gateOf(auth: Auth): Gate {
  switch (auth.kind) {
    case 'none':
      return { check: () => undefined, token: () => ({ status: 404 }), expireTokens: () => undefined }
    case 'bearer':
      return new BearerGate(auth)
    default:
      return {
        check: (visitor) => checkBasic(auth, visitor),
        token: () => ({ status: 404 }),
        expireTokens: () => undefined,
      }
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
