import { CATALOG_VERSION } from '../capabilities/catalog/catalog.ts'
import { catalogDigest } from '../capabilities/catalog/catalog-digest.ts'
import { requestedImports } from '../capabilities/catalog/classify.ts'
import { type Digest, getDigestHex } from '../oci/digest.ts'
import { VERSION } from '../version.ts'
import type { Preparation } from './prepare.ts'

/** docs/attestation.md describes it. */
export const CAPABILITY_PREDICATE = 'https://wasmpack.dev/attestation/capabilities/v1'

/** What was found when the module was judged, for whoever wants to know without reading the module; no clock is in it. */
export function capabilityPredicate(
  { inspection, capabilities, verdict }: Pick<Preparation, 'inspection' | 'capabilities' | 'verdict'>,
  module: Digest,
): object {
  const requests = requestedImports(inspection)
  return {
    module: {
      digest: { sha256: getDigestHex(module) },
      kind: inspection.kind,
      size: inspection.size,
    },
    imports: requests.map((request) => ({ name: request.shown, class: request.class ?? 'unknown' })),
    classes: [...new Set(requests.map((request) => request.class ?? 'unknown'))].sort(),
    capabilityManifest: capabilities,
    verdict: {
      allowed: verdict.allowed,
      grants: verdict.grants.map(({ grant, status }) => ({ grant, status })),
      // What a policy limits is the business of whoever keeps it, and may differ where the same is pushed again.
      limits: verdict.limits
        .filter(({ policy }) => policy === undefined)
        .map(({ limit, status }) => ({ limit, status })),
    },
    catalogue: { version: CATALOG_VERSION, digest: catalogDigest() },
    tool: { name: 'wasmpack', version: VERSION },
  }
}
