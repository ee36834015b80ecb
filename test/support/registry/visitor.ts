import type { Reply } from './asked.ts'
import type { Switches } from './switches.ts'
import type { Account } from './auth-switches.ts'

export interface Visitor {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly authorization: string | undefined
  readonly userAgent?: string | undefined
}

export interface Gate {
  /** Where tokens are given out. */
  readonly tokenPath: string
  /** The gate's own answer, or undefined to let the visitor in. `origin` is the registry's own. */
  check(visitor: Visitor, origin: string): Reply | undefined
  /** The token service. `body` is that of a POST. */
  token(visitor: Visitor, body: string): Reply
  /** Makes every token that was given out worthless, as time would. */
  expireTokens(): void
  /** What is switched on or off for a request, by who asks and for what. */
  switches?(visitor: Visitor): Partial<Switches>
}

export const WITHOUT_TOKENS: Omit<Gate, 'check'> = {
  tokenPath: '/token',
  token: () => ({ status: 404 }),
  expireTokens: () => undefined,
}

export type Action = 'pull' | 'push' | 'delete'

/** What a request needs to be allowed: an action on a repository. */
export interface Need {
  readonly repository: string
  readonly action: Action
}

/**
 * What a request needs; nothing for one that concerns no repository. A mount reads its source. Giving up an upload needs the
 * right to push here, and the right to delete at Harbor, at zot and at distribution with tokens.
 */
export function needs({ method, url }: Visitor, cancel: 'push' | 'delete' = 'push'): readonly Need[] {
  const repository = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url)?.[1]
  if (repository === undefined) return []
  if (method === 'GET' || method === 'HEAD') return [{ repository, action: 'pull' }]
  const cancels = method === 'DELETE' && url.includes('/uploads/')
  if (method === 'DELETE' && !(cancels && cancel === 'push')) return [{ repository, action: 'delete' }]
  const query = new URL(url, 'http://registry.test').searchParams
  const from = method === 'POST' && query.has('mount') ? query.get('from') : null
  return [
    { repository, action: 'pull' },
    { repository, action: 'push' },
    ...(from === null ? [] : [{ repository: from, action: 'pull' as const }]),
  ]
}

/** The scopes for what is needed, as a challenge names them. */
export function scopesOf(wanted: readonly Need[]): readonly string[] {
  const actions = new Map<string, Action[]>()
  for (const { repository, action } of wanted)
    actions.set(repository, [...(actions.get(repository) ?? []), action])
  return [...actions].map(([repository, of]) => `repository:${repository}:${of.join(',')}`)
}

export const may = ({ rights = 'push' }: Account, action: Action): boolean =>
  rights === 'push' || action === 'pull'

export const isAccount = (
  { username, password }: Omit<Account, 'rights'>,
  authorization: string | undefined,
): boolean => authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export const isPing = ({ url }: Visitor): boolean => /^\/v2\/(?:\?|$)/.test(url)
