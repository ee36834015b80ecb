import { X509Certificate as LibraryCertificate } from '@sigstore/core'
import type { TrustMaterial } from '@sigstore/verify'

import type { TrustedAuthority, TrustedLog, TrustedRoot, Validity } from './trusted-root.ts'

/** The services of a trusted root as the library takes them. */
export interface ServiceMaterial {
  readonly logs: readonly { readonly log: TrustedLog; readonly material: TrustMaterial['tlogs'][number] }[]
  readonly timestampAuthorities: readonly {
    readonly authority: TrustedAuthority
    readonly material: TrustMaterial['timestampAuthorities'][number]
  }[]
}

const prepared = new WeakMap<TrustedRoot, ServiceMaterial>()

/** Made once for each root. */
export function toServiceMaterial(root: TrustedRoot): ServiceMaterial {
  const known = prepared.get(root)
  if (known !== undefined) return known
  const material: ServiceMaterial = {
    logs: root.transparencyLogs.map((log) => ({
      log,
      material: {
        logID: log.id,
        baseURL: log.baseUrl,
        publicKey: log.key,
        validFor: toLibraryValidity(log.validity),
      },
    })),
    timestampAuthorities: root.timestampAuthorities.map((authority) => ({
      authority,
      material: {
        certChain: authority.chain.map(({ raw }) => LibraryCertificate.parse(raw)),
        validFor: toLibraryValidity(authority.validity),
      },
    })),
  }
  prepared.set(root, material)
  return material
}

const END_OF_TIME = new Date(8_640_000_000_000_000)

const toLibraryValidity = ({ start, end = END_OF_TIME }: Validity): { start: Date; end: Date } => ({
  start,
  end,
})
