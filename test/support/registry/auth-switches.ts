import type { ContentTrustSwitches } from './content-trust.ts'
import type { ManifestSwitches } from './manifests.ts'
import type { QuotaSwitches } from './quota.ts'

export interface Account {
  readonly username: string
  readonly password: string
  /** What the account may do; both when absent. */
  readonly rights?: 'pull' | 'push'
}

export interface Hiding {
  /** What a request without credentials gets everywhere but at `/v2/`, which alone tells how to give them. */
  readonly hides?: 403 | 404
}

/** One project of a Harbor, and what is switched on in it. */
export interface HarborProject
  extends ContentTrustSwitches, Pick<ManifestSwitches, 'immutableTags' | 'proxyCache'>, QuotaSwitches {
  /** Everybody may pull, with an anonymous token. */
  readonly public?: boolean
}

export interface HarborAccount {
  readonly username: string
  readonly password: string
  /** What it may do in which project; an administrator everything. */
  readonly rights: Readonly<Record<string, 'pull' | 'push'>> | 'administrator'
  /** A robot that is of no use any more: Harbor then knows nobody by its name. */
  readonly state?: 'disabled' | 'expired'
}

/** Harbor's own accounts and projects. */
export interface HarborAuth {
  readonly kind: 'harbor'
  readonly accounts: readonly HarborAccount[]
  readonly projects: Readonly<Record<string, HarborProject>>
}

export interface ZotAccount extends Omit<Account, 'rights'> {
  /** `none`: not even what everybody may do who gives no name. */
  readonly rights?: Account['rights'] | 'none'
}

/** zot with a file of passwords and access control; `anonymous` may pull where a policy for everybody is there. */
export interface ZotAuth {
  readonly kind: 'zot'
  readonly accounts: readonly ZotAccount[]
  readonly anonymous: boolean
}

/** A registry that takes tokens of its own token service, `/token`. */
export interface BearerAuth extends Account, Hiding {
  readonly kind: 'bearer'
  /**
   * Whose ways to imitate. `harbor`: a wrong password with a scope earns an anonymous token, access_token is empty, and
   * every refused Authorization is challenged with Basic. `zot`: a refused one is not challenged at all.
   */
  readonly like?: 'distribution' | 'harbor' | 'zot'
  /** Everybody may read; in Harbor also who gives a wrong password, by an anonymous token. */
  readonly readable?: boolean
  /** Named in the challenge instead of the registry's own `/token`. */
  readonly realm?: string
  /** Takes POST with this refresh token; without it POST is answered with 405. */
  readonly identityToken?: string
  /** How a challenge is written down; `multiple` offers Basic before it in the same header. */
  readonly challenge?: 'usual' | 'lower-case' | 'unquoted' | 'multiple' | 'none'
  /** `pull` asks for no more in a challenge, whatever is needed (GHCR). */
  readonly challengeScope?: 'pull'
  /** What a token gets that lacks a right: 403 says insufficient_scope. */
  readonly insufficient?: 401 | 403
  /** What a token gets that is no longer good: 403 is ECR's. */
  readonly expired?: 401 | 403
  /** What giving up an upload needs: `delete` is distribution's. */
  readonly cancelNeeds?: 'push' | 'delete'
  /** How many requests a token is good for; any number when absent. */
  readonly tokenUses?: number
  /** Fields of the token service's answer that say something else than usual; undefined leaves one out. */
  readonly tokenFields?: Readonly<Record<string, unknown>>
}

export interface BasicAuth extends Account, Hiding {
  readonly kind: 'basic'
  /** What a password gets that is no longer good: 403 is ECR's. */
  readonly expired?: 401 | 403
}

/** How a registry lets people in. */
export type Auth =
  | { readonly kind: 'none' }
  | BasicAuth
  | BearerAuth
  /** zot with an anonymous policy: everybody may read, and /v2/ welcomes everybody with a challenge on the 200. */
  | (Account & { readonly kind: 'anonymous-pull' })
  | HarborAuth
  | ZotAuth
