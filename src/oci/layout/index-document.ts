import type { WasmpackError } from '../../errors.ts'
import { type Descriptor, parseDescriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { malformedDocument, parseDocument } from '../document.ts'
import { getArtifactType, describeManifest, type Index, type Manifest } from '../manifest.ts'
import { ANNOTATION_REF_NAME, OCI_INDEX } from '../media-types.ts'

export const INDEX_SIZE_LIMIT = 16 * 1024 * 1024
const ENTRY_LIMIT = 50_000
/** The image name that containerd imports a layout under; it moves together with the tag. */
const ANNOTATION_CONTAINERD_NAME = 'io.containerd.image.name'

/** An entry of index.json, with the JSON that it was read from, which keeps unknown fields. */
export interface IndexEntry {
  readonly descriptor: Descriptor
  readonly tag: string | undefined
  readonly written: Readonly<Record<string, unknown>>
}

/** A parsed index.json: the list of a layout's manifests. */
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
  if (!Array.isArray(manifests)) throw malformed('has manifests that is not a list')
  if (manifests.length > ENTRY_LIMIT) throw malformed(`lists more than ${ENTRY_LIMIT} manifests`)
  return { written, entries: manifests.map((item, at) => parseEntry(item, `${what}: manifests[${at}]`)) }
}

/** The inverse of {@link parseIndexDocument}. */
export function formatIndexDocument({ written, entries }: IndexDocument): Uint8Array {
  const manifests = entries.map((entry) => entry.written)
  return new TextEncoder().encode(JSON.stringify({ ...written, manifests }))
}

/** Lists a manifest, under a tag if one is given; returns the same document if nothing changed. */
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

/** Tags the untagged entry of the digest, or adds one; other entries lose the tag. */
function addTag(index: IndexDocument, digest: Digest, tag: string): IndexDocument {
  const named = index.entries.filter((entry) => entry.tag === tag)
  if (named.length === 1 && named[0]!.descriptor.digest === digest) return index
  const { entries } = removeTag(index, tag)
  const ofDigest = entries.filter(({ descriptor }) => descriptor.digest === digest)
  const free = ofDigest.find((entry) => entry.tag === undefined)
  if (free === undefined) return { ...index, entries: [...entries, setTag(removeNames(ofDigest[0]!), tag)] }
  return { ...index, entries: entries.map((entry) => (entry === free ? setTag(entry, tag) : entry)) }
}

/** Removes a tag; its manifest stays listed. */
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
