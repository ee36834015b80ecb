import { JSON_TYPE, type Reply, refusal } from '../asked.ts'
import { type Action, type Gate, WITHOUT_TOKENS, isAccount, isPing, may, needs } from '../visitor.ts'
import type { ZotAccount, ZotAuth } from '../auth-switches.ts'
export const ZOT_ACCOUNTS: ZotAuth = {
  kind: 'zot',
  accounts: [
    { username: 'bob', password: 'bob-password' },
    { username: 'alice', password: 'alice-password', rights: 'pull' },
    { username: 'carol', password: 'carol-password', rights: 'none' },
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
      if (method === 'OPTIONS') return undefined
      const ping = isPing(visitor)
      if (ping && method === 'HEAD') return { status: 405 }
      const welcome: Reply | undefined = ping
        ? { status: 200, headers: { ...JSON_TYPE, 'www-authenticate': 'basic realm=zot' } }
        : undefined
      const wanted = needs(visitor, 'delete')
      const reads = wanted.every(({ action }) => action === 'pull')
      const unknown = refusal(401, 'UNAUTHORIZED', 'authentication required', undefined, BASIC)
      if (authorization === undefined) return auth.anonymous && reads ? welcome : unknown
      const account = auth.accounts.find((each) => isAccount(each, authorization))
      // Also where everybody may read.
      if (account === undefined) return unknown
      if (ping || wanted.every(({ action }) => mayDo(account, action))) return welcome
      return refusal(403, 'DENIED', 'requested access to the resource is denied', undefined, BASIC)
    },
  }
}

const mayDo = ({ rights, ...account }: ZotAccount, action: Action): boolean =>
  rights !== 'none' && may({ ...account, ...(rights === undefined ? {} : { rights }) }, action)
