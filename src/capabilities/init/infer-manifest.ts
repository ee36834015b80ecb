import type { Inspection } from '../../wasm/types/inspection.ts'
import { listRequestedImports } from '../catalog/classify.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import { getClassRule } from '../catalog/classes.ts'
import { CAPABILITY_API_VERSION, CAPABILITY_MANIFEST_KIND } from '../manifest/formats.ts'
import { createLeastGrants } from './least-grants.ts'
import { createHostInterfaces } from '../evaluate/host-interfaces.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'

/**
 * The narrowest capability manifest under which the binary is allowed: no wildcard, every list of hosts, paths and names empty,
 * each unknown import by its name. Throws MODULE_MALFORMED for a WIT package.
 */
export function inferCapabilityManifest(
  inspection: Inspection,
  { name }: { readonly name: string },
): CapabilityManifest {
  const keys = new Set<GrantKey>()
  const requests = listRequestedImports(inspection)
  for (const request of requests) {
    const rule = request.class === undefined ? undefined : getClassRule(request.class)
    for (const key of rule?.least ?? rule?.grants ?? []) keys.add(key)
  }
  const hostInterfaces = createHostInterfaces(requests.filter((request) => request.class === undefined))
  return {
    apiVersion: CAPABILITY_API_VERSION,
    kind: CAPABILITY_MANIFEST_KIND,
    metadata: { name: toManifestName(name) },
    spec: { grants: createLeastGrants(keys), ...(hostInterfaces.length > 0 && { hostInterfaces }) },
  }
}

/** Removes characters that the name of a capability manifest must not have. */
const toManifestName = (name: string): string => name.replace(/[\p{Cc}]/gu, '').slice(0, 200) || 'module'
