import { buildCapabilityPredicate, CAPABILITY_PREDICATE } from '../attestations/predicates/capabilities.ts'
import { CATALOG_DIGEST } from '../capabilities/catalog/catalog-digest.ts'
import { CATALOG_VERSION } from '../capabilities/catalog/catalog.ts'
import { listRequestedImports } from '../capabilities/catalog/classify.ts'
import type { Digest } from '../oci/digest.ts'
import type { PreparedPush } from './prepare.ts'

/** What a push attests of a module: its imports, and how it was judged. Policies are left out: they may differ at the next push. */
export const buildCapabilityAttestation = (
  { inspection, capabilities, verdict }: Pick<PreparedPush, 'inspection' | 'capabilities' | 'verdict'>,
  digest: Digest,
): { readonly predicateType: string; readonly predicate: object } => ({
  predicateType: CAPABILITY_PREDICATE,
  predicate: buildCapabilityPredicate({
    digest,
    kind: inspection.kind,
    size: inspection.size,
    imports: listRequestedImports(inspection).map((request) => ({
      name: request.shown,
      class: request.class,
    })),
    capabilityManifest: capabilities,
    verdict: { ...verdict, limits: verdict.limits.filter(({ policy }) => policy === undefined) },
    catalogue: { version: CATALOG_VERSION, digest: CATALOG_DIGEST },
  }),
})
