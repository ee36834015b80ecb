import type { WasmpackError } from '../../errors.ts'
import { type Descriptor, parseDescriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { malformedDocument, parseDocument } from '../document.ts'
import { getArtifactType, describeManifest, type Index, type Manifest } from '../manifest.ts'
import { ANNOTATION_REF_NAME, OCI_INDEX } from '../media-types.ts'

export const INDEX_SIZE_LIMIT = 16 * 1024 * 1024
const ENTRY_LIMIT = 50_000
/** What containerd calls an image when it imports a layout: a name, like a tag, that follows the tag when it moves. */
const ANNOTATION_CONTAINERD_NAME = 'io.containerd.image.name'

/** One entry of index.json: what it says, and the JSON that it was read from, with the fields that only others know. */
export interface IndexEntry {
  readonly descriptor: Descriptor
  readonly tag: string | undefined
  readonly written: Readonly<Record<string, unknown>>
}

/** What an index.json says: the list of a layout's manifests. */
export interface IndexDocument {
  readonly written: Readonly<Record<string, unknown>>
  readonly entries: readonly IndexEntry[]
}

export const EMPTY_INDEX: IndexDocument = {
  written: { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] },
  entries: [],
}

/** `what` names the file for messages. Throws ARTIFACT_MALFORMED. */
export function parseIndexDocument(bytes: Uint8Array, what: string): IndexDocument {
  const malformed = (problem: string): WasmpackError => malformedDocument(what, problem)
  const written = parseDocument(bytes, what)
  if (written['schemaVersion'] !== 2) throw malformed('has no schemaVersion 2')
  const manifests = written['manifests'] ?? []
  if (!Array.isArray(manifests)) throw malformed('has manifests that is no list')
  if (manifests.length > ENTRY_LIMIT) throw malformed(`lists more than ${ENTRY_LIMIT} manifests`)
  return { written, entries: manifests.map((item, at) => parseEntry(item, `${what}: manifests[${at}]`)) }
}

/** The inverse of {@link parseIndexDocument}. */
export function formatIndexDocument({ written, entries }: IndexDocument): Uint8Array {
  const manifests = entries.map((entry) => entry.written)
  return new TextEncoder().encode(JSON.stringify({ ...written, manifests }))
}

/** With the manifest listed, under the tag if one is given; the same document where it was so before. */
export const addManifest = (index: IndexDocument, manifest: Manifest | Index, tag?: string): IndexDocument =>
  tag === undefined
    ? addUntagged(index, manifest)
    : addTag(addUntagged(index, manifest), manifest.digest, tag)

function parseEntry(written: unknown, where: string): IndexEntry {
  const descriptor = parseDescriptor(written, where)
  return {
    descriptor,
    tag: descriptor.annotations?.[ANNOTATION_REF_NAME],
    written: written as Readonly<Record<string, unknown>>,
  }
}

function addUntagged(index: IndexDocument, manifest: Manifest | Index): IndexDocument {
  if (index.entries.some(({ descriptor }) => descriptor.digest === manifest.digest)) return index
  const artifactType = getArtifactType(manifest)
  const written = {
    ...describeManifest(manifest),
    ...(artifactType === undefined ? {} : { artifactType }),
  }
  return { ...index, entries: [...index.entries, parseEntry(written, 'entry')] }
}

/** Names the digest's untagged entry, or a further one; an entry that had the tag goes on without it. */
function addTag(index: IndexDocument, digest: Digest, tag: string): IndexDocument {
  const named = index.entries.filter((entry) => entry.tag === tag)
  if (named.length === 1 && named[0]!.descriptor.digest === digest) return index
  const { entries } = removeTag(index, tag)
  const ofDigest = entries.filter(({ descriptor }) => descriptor.digest === digest)
  const free = ofDigest.find((entry) => entry.tag === undefined)
  if (free === undefined) return { ...index, entries: [...entries, setTag(removeNames(ofDigest[0]!), tag)] }
  return { ...index, entries: entries.map((entry) => (entry === free ? setTag(entry, tag) : entry)) }
}

/** Without the tag; the manifest that it names stays listed. */
export function removeTag(index: IndexDocument, tag: string): IndexDocument {
  const others = index.entries.filter((entry) => entry.tag !== tag)
  if (others.length === index.entries.length) return index
  const isListed = ({ descriptor }: IndexEntry): boolean =>
    others.some((other) => other.descriptor.digest === descriptor.digest)
  const entries = index.entries.flatMap((entry) => {
    if (entry.tag !== tag) return [entry]
    return isListed(entry) ? [] : [removeNames(entry)]
  })
  return { ...index, entries }
}

function setTag(entry: IndexEntry, tag: string): IndexEntry {
  const annotations = { ...entry.descriptor.annotations, [ANNOTATION_REF_NAME]: tag }
  return parseEntry({ ...entry.written, annotations }, 'entry')
}

function removeNames({ written, descriptor }: IndexEntry): IndexEntry {
  const annotations = Object.entries(descriptor.annotations ?? {}).filter(
    ([key]) => key !== ANNOTATION_REF_NAME && key !== ANNOTATION_CONTAINERD_NAME,
  )
  const { annotations: _, ...rest } = written
  return parseEntry(
    annotations.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(annotations) },
    'entry',
  )
}
