import { quoted } from '../../printable.ts'
import { CAPABILITY_MANIFEST_KIND } from './formats.ts'
import type { SourceNode } from '../../documents/source-node.ts'
import { invalidCapabilityManifest, readCapabilityManifest } from './manifest-reader.ts'
import type { CapabilityManifest } from './manifest.ts'
import { readKind, YamlReader } from '../../documents/yaml-reader.ts'

/** Documents that may stand beside a capability manifest in one file; others read them. */
const SIBLINGS: ReadonlySet<unknown> = new Set(['CapabilityPolicy', 'TrustPolicy'])

/**
 * The one capability manifest in YAML or JSON text, which may hold documents of the kinds beside it. Throws
 * CAPABILITY_MANIFEST_INVALID with every problem at its `file:line:column`.
 */
export const parseCapabilityManifest = (text: string, file: string): CapabilityManifest =>
  readCapabilityManifest(parseCapabilityManifestNode(text, file), file)

/** The document of {@link parseCapabilityManifest} with the place of everything in it. */
export function parseCapabilityManifestNode(text: string, file: string): SourceNode {
  const reader = new YamlReader(file)
  const documents = reader.read(text)
  if (reader.problems.length > 0) throw invalidCapabilityManifest(file, reader.problems)
  const manifests = documents.filter((document) => !SIBLINGS.has(readKind(document)))
  const found = manifests.filter((document) => readKind(document) === CAPABILITY_MANIFEST_KIND)
  const surplus = found[1]
  if (surplus !== undefined) reader.report(surplus.at, 'a second CapabilityManifest in one file')
  else if (manifests.length === 0) reader.report(reader.positionAt(0), 'there is no CapabilityManifest in it')
  else if (manifests.length > 1)
    for (const other of manifests.filter((document) => !found.includes(document)))
      reader.report(other.at, `a document of kind ${quoted(`${readKind(other)}`)}, which is not known`)
  if (reader.problems.length > 0) throw invalidCapabilityManifest(file, reader.problems)
  return manifests[0]!
}
