import { API_VERSION } from '../../documents/metadata.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { type CapabilityRequest, listCapabilityRequests, listRequestedImports } from '../catalog/classify.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import { getClassRule } from '../catalog/classes.ts'
import { allowsClass, type ClassRule } from '../catalog/class-rule.ts'
import { canonicalCapabilityManifest } from '../manifest/embedded.ts'
import { CAPABILITY_MANIFEST_KIND, CAPABILITY_MANIFEST_LIMIT } from '../manifest/formats.ts'
import { createLeastGrants } from './least-grants.ts'
import { createHostInterfaces } from '../evaluate/host-interfaces.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'
import { refuseTooMany } from './refuse-too-many.ts'

/**
 * The narrowest capability manifest under which the binary is allowed: no wildcard, every list of hosts, paths and names empty,
 * each unknown import by its name. Throws MODULE_MALFORMED for a WIT package, CAPABILITY_MANIFEST_INVALID if the unknown imports are
 * too many for one capability manifest.
 */
export function inferCapabilityManifest(
  inspection: Inspection,
  { name }: { readonly name: string },
): CapabilityManifest {
  const requests = listRequestedImports(inspection)
  const hostInterfaces = createHostInterfaces(requests.filter((request) => request.class === undefined))
  const manifest: CapabilityManifest = {
    apiVersion: API_VERSION,
    kind: CAPABILITY_MANIFEST_KIND,
    metadata: { name: toManifestName(name) },
    spec: {
      grants: createLeastGrants(listLeastKeys(listCapabilityRequests(inspection))),
      ...(hostInterfaces.length > 0 && { hostInterfaces }),
    },
  }
  const { length: size } = new TextEncoder().encode(canonicalCapabilityManifest(manifest))
  if (size > CAPABILITY_MANIFEST_LIMIT)
    throw refuseTooMany(
      inspection,
      `${size} bytes as canonical JSON, expected at most ${CAPABILITY_MANIFEST_LIMIT}`,
    )
  return manifest
}

/** The grants that the requests need. What an alternative needed anyway already allows, such as reading files, adds none. */
export function listLeastKeys(requests: readonly CapabilityRequest[]): ReadonlySet<GrantKey> {
  const classes = new Set(requests.flatMap((request) => request.class ?? []))
  const rules = [...classes].map(getClassRule)
  const keys = new Set<GrantKey>()
  const add = ({ least, grants = [] }: ClassRule): void => (least ?? grants).forEach((key) => keys.add(key))
  for (const rule of rules) if (hasOwnLeast(rule)) add(rule)
  for (const rule of rules) if (!hasOwnLeast(rule) && !allowsClass(keys, rule, classes)) add(rule)
  return keys
}

const hasOwnLeast = ({ least, alternatives }: ClassRule): boolean =>
  least !== undefined || alternatives === undefined

/** Removes characters that the name of a capability manifest must not have. */
export const toManifestName = (name: string): string =>
  name.replace(/[\p{Cc}]/gu, '').slice(0, 200) || 'module'
