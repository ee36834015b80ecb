import { type Digest, getDigestHex } from '../../oci/digest.ts'
import { VERSION } from '../../version.ts'

/** The predicate type; docs/attestation.md describes its fields. */
export const CAPABILITY_PREDICATE = 'https://wasmpack.dev/attestation/capabilities/v1'

/** A module that was judged by a capability manifest. */
export interface JudgedModule {
  readonly digest: Digest
  readonly kind: string
  /** In bytes. */
  readonly size: number
  /** Each with its capability class; undefined if no rule knows the import. */
  readonly imports: readonly { readonly name: string; readonly class: string | undefined }[]
  /** A JSON value. */
  readonly capabilityManifest: object
  readonly verdict: {
    readonly allowed: boolean
    readonly grants: readonly { readonly grant: string; readonly status: string }[]
    readonly limits: readonly { readonly limit: string; readonly status: string }[]
  }
  /** The rules that classified the imports. */
  readonly catalogue: { readonly version: string; readonly digest: string }
}

/** The predicate about a judged module. No clock is read: the same input gives the same predicate. */
export function buildCapabilityPredicate({ digest, kind, size, ...judged }: JudgedModule): object {
  const imports = judged.imports.map((one) => ({ name: one.name, class: one.class ?? 'unknown' }))
  return {
    module: { digest: { sha256: getDigestHex(digest) }, kind, size },
    imports,
    classes: [...new Set(imports.map((one) => one.class))].sort(),
    capabilityManifest: judged.capabilityManifest,
    verdict: {
      allowed: judged.verdict.allowed,
      grants: judged.verdict.grants.map(({ grant, status }) => ({ grant, status })),
      limits: judged.verdict.limits.map(({ limit, status }) => ({ limit, status })),
    },
    catalogue: judged.catalogue,
    tool: { name: 'wasmpack', version: VERSION },
  }
}
