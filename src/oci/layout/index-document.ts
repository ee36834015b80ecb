import type { WasmpackError } from '../../errors.ts'
import { type Descriptor, parseDescriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { malformedDocument, parseDocument } from '../document.ts'
import { getArtifactType, describeManifest, type Index, type Manifest } from '../manifest.ts'
import { ANNOTATION_REF_NAME, OCI_INDEX } from '../media-types.ts'
import { isTag } from '../reference.ts'

export const INDEX_SIZE_LIMIT = 16 * 1024 * 1024
const ENTRY_LIMIT = 50_000
/** The image name that containerd imports a layout under; it moves together with the tag. */
const ANNOTATION_CONTAINERD_NAME = 'io.containerd.image.name'

/** An entry of index.json, with the JSON that it was read from, which keeps unknown fields. */
export interface IndexEntry {
  readonly descriptor: Descriptor
  /** The tag that names it; of a whole reference in its annotation, which podman and BuildKit write, the tag part. */
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
    tag: parseRefName(descriptor.annotations?.[ANNOTATION_REF_NAME]),
    written: written as Readonly<Record<string, unknown>>,
  }
}

/** `1.0.0` of `registry.example.com/team/app:1.0.0@sha256:..` too; a name that holds no tag stays as it is. */
function parseRefName(name: string | undefined): string | undefined {
  if (name === undefined || isTag(name)) return name
  const tag = /:([^:/]+)$/.exec(name.split('@', 1)[0]!)?.[1]
  return tag !== undefined && isTag(tag) ? tag : name
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
  const named = findTagged(index.entries, tag)
  if (named.length === 1 && named[0]!.descriptor.digest === digest) return index
  // Whole references of others keep their names: the exact tag takes precedence over them.
  const { entries } = removeTagFrom(index, named.filter(isNamedExactly))
  const ofDigest = entries.filter(({ descriptor }) => descriptor.digest === digest)
  const free = ofDigest.find((entry) => entry.tag === undefined)
  if (free === undefined) return { ...index, entries: [...entries, setTag(removeNames(ofDigest[0]!), tag)] }
  return { ...index, entries: entries.map((entry) => (entry === free ? setTag(entry, tag) : entry)) }
}

/** The entries with a tag: those named exactly so, else those named by a whole reference with it. */
export function findTagged(entries: readonly IndexEntry[], tag: string): readonly IndexEntry[] {
  const tagged = entries.filter((entry) => entry.tag === tag)
  const exact = tagged.filter(isNamedExactly)
  return exact.length > 0 ? exact : tagged
}

const isNamedExactly = ({ tag, descriptor }: IndexEntry): boolean =>
  descriptor.annotations?.[ANNOTATION_REF_NAME] === tag

/** Removes a tag; its manifest stays listed. */
export const removeTag = (index: IndexDocument, tag: string): IndexDocument =>
  removeTagFrom(
    index,
    index.entries.filter((entry) => entry.tag === tag),
  )

function removeTagFrom(index: IndexDocument, named: readonly IndexEntry[]): IndexDocument {
  if (named.length === 0) return index
  const others = index.entries.filter((entry) => !named.includes(entry))
  const isListed = ({ descriptor }: IndexEntry): boolean =>
    others.some((other) => other.descriptor.digest === descriptor.digest)
  const entries = index.entries.flatMap((entry) => {
    if (!named.includes(entry)) return [entry]
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
