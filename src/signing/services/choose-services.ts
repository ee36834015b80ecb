import { selectService, selectServices } from './select-services.ts'
import type { SigningConfig } from './signing-config.ts'

/** The services that one run signs with. */
export interface SigningServices {
  /** Address of the authority that certifies identities. */
  readonly certificateAuthority?: string | undefined
  /** The issuer to sign in at, unless the user names another. */
  readonly identityProvider?: string | undefined
  readonly logs: readonly Log[]
  /** Complete addresses. */
  readonly timestampAuthorities: readonly string[]
}

/** A transparency log, and the version of Rekor that it speaks. */
export interface Log {
  readonly url: string
  readonly version: RekorVersion
}

export type RekorVersion = 1 | 2

const REKOR_VERSIONS: readonly RekorVersion[] = [1, 2]

/** Chooses by the rules of the signing config. `rekorVersion` leaves out logs of the other. Throws SIGNING_CONFIG_INVALID. */
export function chooseServices(
  config: SigningConfig,
  { now, rekorVersion }: { readonly now: number; readonly rekorVersion?: RekorVersion | undefined },
): SigningServices {
  const versions = rekorVersion === undefined ? REKOR_VERSIONS : [rekorVersion]
  const authorities = { kind: 'certificate authorities', versions: [1], now }
  const providers = { kind: 'identity providers', versions: [1], now }
  return {
    certificateAuthority: selectService(config.certificateAuthorities, authorities)?.url,
    identityProvider: selectService(config.identityProviders, providers)?.url,
    logs: selectServices(config.logs, { kind: 'transparency logs', versions, now }).map(
      ({ url, majorApiVersion }) => ({ url, version: majorApiVersion as RekorVersion }),
    ),
    timestampAuthorities: selectServices(config.timestampAuthorities, {
      kind: 'timestamp authorities',
      versions: [1],
      now,
    }).map(({ url }) => url),
  }
}
