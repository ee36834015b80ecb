import { JSON_TYPE, type Reply, refusal } from '../asked.ts'
import { type Account, type Gate, WITHOUT_TOKENS, isAccount, isPing, may, needs } from '../visitor.ts'

/** zot with a file of passwords and access control; `anonymous` may pull where a policy for everybody is there. */
export interface ZotAuth {
  readonly kind: 'zot'
  readonly accounts: readonly Account[]
  readonly anonymous: boolean
}

export const ZOT_ACCOUNTS: ZotAuth = {
  kind: 'zot',
  accounts: [
    { username: 'bob', password: 'bob-password' },
    { username: 'alice', password: 'alice-password', rights: 'pull' },
  ],
  anonymous: true,
}

const BASIC = { 'www-authenticate': 'Basic realm="zot"' }

/** zot's gate, as it was measured: it welcomes everybody, and tells a wrong password wherever it sees one. */
export function zotGate(auth: ZotAuth): Gate {
  return {
    ...WITHOUT_TOKENS,
    check(visitor) {
      const { authorization, method } = visitor
      const ping = isPing(visitor)
      if (ping && method === 'HEAD') return { status: 405 }
      const welcome: Reply | undefined = ping
        ? { status: 200, headers: { ...JSON_TYPE, 'www-authenticate': 'basic realm=zot' } }
        : undefined
      const wanted = needs(visitor)
      const reads = wanted.every(({ action }) => action === 'pull')
      if (authorization === undefined) {
        if (auth.anonymous && reads) return welcome
        return ping
          ? { status: 401, headers: { ...JSON_TYPE, ...BASIC }, body: bare() }
          : refusal(401, 'UNAUTHORIZED', 'authentication required', undefined, BASIC)
      }
      const account = auth.accounts.find((each) => isAccount(each, authorization))
      // Also where everybody may read.
      if (account === undefined) return { status: 401, headers: { ...JSON_TYPE, ...BASIC }, body: bare() }
      if (wanted.every(({ action }) => may(account, action))) return welcome
      return refusal(403, 'DENIED', 'requested access to the resource is denied', undefined, BASIC)
    },
  }
}

/** The error of the part that authenticates, which has no list around it. */
const bare = (): Buffer =>
  Buffer.from(JSON.stringify({ code: 'UNAUTHORIZED', message: 'authentication required', detail: {} }))
