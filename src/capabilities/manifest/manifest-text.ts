import { quoted } from '../../printable.ts'
import { CAPABILITY_MANIFEST_KIND } from './formats.ts'
import type { SourceNode } from '../../documents/source-node.ts'
import { invalidCapabilityManifest, readCapabilityManifest } from './manifest-reader.ts'
import type { CapabilityManifest } from './manifest.ts'
import { readKind, YamlReader } from '../../documents/yaml-reader.ts'

/** Kinds of documents that may share a file with a capability manifest. */
const SIBLINGS: ReadonlySet<unknown> = new Set(['CapabilityPolicy', 'TrustPolicy'])

/**
 * The capability manifest in YAML or JSON text, which may also hold documents of {@link SIBLINGS}. Throws
 * CAPABILITY_MANIFEST_INVALID with every problem at its `file:line:column`.
 */
export const parseCapabilityManifest = (text: string, file: string): CapabilityManifest =>
  readCapabilityManifest(parseCapabilityManifestNode(text, file), file)

/** The same document as a tree in which every value has its position; its fields are not checked. */
export function parseCapabilityManifestNode(text: string, file: string): SourceNode {
  const reader = new YamlReader(file)
  const documents = reader.read(text)
  if (reader.problems.length > 0) throw invalidCapabilityManifest(file, reader.problems)
  const manifests = documents.filter((document) => !SIBLINGS.has(readKind(document)))
  const found = manifests.filter((document) => readKind(document) === CAPABILITY_MANIFEST_KIND)
  const surplus = found[1]
  if (surplus !== undefined)
    reader.report(surplus.at, 'found a second CapabilityManifest in the file, expected one')
  else if (manifests.length === 0)
    reader.report(reader.positionAt(0), 'found no CapabilityManifest in the file')
  else if (manifests.length > 1)
    for (const other of manifests.filter((document) => !found.includes(document)))
      reader.report(
        other.at,
        `found a document of kind ${quoted(`${readKind(other)}`)}, expected CapabilityManifest, CapabilityPolicy or TrustPolicy`,
      )
  if (reader.problems.length > 0) throw invalidCapabilityManifest(file, reader.problems)
  return manifests[0]!
}
