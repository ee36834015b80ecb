import { join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { collect, type Descriptor, once, parseDescriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { isRecord, parseJson } from '../json.ts'
import { artifactTypeOf, describeManifest, type Index, type Manifest } from '../manifest.ts'
import { ANNOTATION_REF_NAME, OCI_INDEX } from '../media-types.ts'
import { isSystemError, readRegular, syncDirectory, writeAtomically } from './files.ts'
import { withLock } from './lock.ts'

const SIZE_LIMIT = 16 * 1024 * 1024
const ENTRY_LIMIT = 50_000
/** What containerd calls an image when it imports a layout: a name, like a tag, that follows the tag when it moves. */
const ANNOTATION_CONTAINERD_NAME = 'io.containerd.image.name'

/** One entry of index.json: what it says, and the JSON that it was read from, with the fields that only others know. */
export interface Entry {
  readonly descriptor: Descriptor
  readonly tag: string | undefined
  readonly written: Readonly<Record<string, unknown>>
}

interface IndexFile {
  readonly written: Readonly<Record<string, unknown>>
  readonly entries: readonly Entry[]
}

const EMPTY: IndexFile = { written: { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }, entries: [] }

/** The manifests that a layout lists. Throws ARTIFACT_MALFORMED. */
export async function readEntries(directory: string, layout: string): Promise<readonly Entry[]> {
  const found = await read(directory, layout)
  if (found !== undefined) return found.entries
  throw new WasmpackError('ARTIFACT_MALFORMED', `${layout} has no index.json`, {
    hint: 'the directory is not a whole OCI layout; copy or write it again',
  })
}

/** Writes an index.json that lists nothing, unless there is one. */
export const createIndexFile = (
  directory: string,
  layout: string,
  signal: AbortSignal | undefined,
): Promise<void> => change(directory, layout, (found) => found ?? EMPTY, signal)

/** Lists a manifest, under a tag if one is given. */
export const listManifest = (
  directory: string,
  layout: string,
  manifest: Manifest | Index,
  tag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> =>
  change(
    directory,
    layout,
    (found = EMPTY) =>
      tag === undefined ? listed(found, manifest) : tagged(listed(found, manifest), manifest.digest, tag),
    signal,
  )

/** Takes a tag away; the manifest that it names stays listed. */
export const untag = (
  directory: string,
  layout: string,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<void> => change(directory, layout, (found = EMPTY) => untagged(found, tag), signal)

/** Takes a manifest off the list, with all its tags, and does `remove` before anybody else can list it again. */
export const unlistManifest = (
  directory: string,
  layout: string,
  digest: Digest,
  remove: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> =>
  withLock(
    directory,
    async () => {
      await write(directory, layout, (found = EMPTY) => {
        const entries = found.entries.filter(({ descriptor }) => descriptor.digest !== digest)
        return entries.length === found.entries.length ? found : { ...found, entries }
      })
      await remove()
    },
    { signal },
  )

async function change(
  directory: string,
  layout: string,
  edit: (found: IndexFile | undefined) => IndexFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const unlocked = await read(directory, layout)
  if (unlocked !== undefined && edit(unlocked) === unlocked) return
  await withLock(directory, () => write(directory, layout, edit), { signal })
}

/** Whoever calls it holds the lock. */
async function write(
  directory: string,
  layout: string,
  edit: (found: IndexFile | undefined) => IndexFile,
): Promise<void> {
  const before = await read(directory, layout)
  const after = edit(before)
  if (after === before) return
  const manifests = after.entries.map(({ written }) => written)
  const text = JSON.stringify({ ...after.written, manifests })
  await writeAtomically(join(directory, 'index.json'), once(new TextEncoder().encode(text)))
  await syncDirectory(directory)
}

async function read(directory: string, layout: string): Promise<IndexFile | undefined> {
  const what = `index.json of ${layout}`
  let bytes: Uint8Array
  try {
    bytes = await collect(readRegular(join(directory, 'index.json')), SIZE_LIMIT, what)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
  const malformed = (problem: string): WasmpackError =>
    new WasmpackError('ARTIFACT_MALFORMED', `${what} ${problem}`, {
      hint: 'the layout was damaged, or not written by a conforming tool',
    })
  const written = parseJson(bytes, what)
  if (!isRecord(written) || written['schemaVersion'] !== 2) throw malformed('has no schemaVersion 2')
  const manifests = written['manifests'] ?? []
  if (!Array.isArray(manifests)) throw malformed('has manifests that is no list')
  if (manifests.length > ENTRY_LIMIT) throw malformed(`lists more than ${ENTRY_LIMIT} manifests`)
  return { written, entries: manifests.map((item, at) => entryOf(item, `${what}: manifests[${at}]`)) }
}

function entryOf(written: unknown, where: string): Entry {
  const descriptor = parseDescriptor(written, where)
  return {
    descriptor,
    tag: descriptor.annotations?.[ANNOTATION_REF_NAME],
    written: written as Readonly<Record<string, unknown>>,
  }
}

function listed(index: IndexFile, manifest: Manifest | Index): IndexFile {
  if (index.entries.some(({ descriptor }) => descriptor.digest === manifest.digest)) return index
  const artifactType = artifactTypeOf(manifest)
  const written = {
    ...describeManifest(manifest),
    ...(artifactType === undefined ? {} : { artifactType }),
  }
  return { ...index, entries: [...index.entries, entryOf(written, 'entry')] }
}

/** Names the digest's untagged entry, or a further one; an entry that had the tag goes on without it. */
function tagged(index: IndexFile, digest: Digest, tag: string): IndexFile {
  const named = index.entries.filter((entry) => entry.tag === tag)
  if (named.length === 1 && named[0]!.descriptor.digest === digest) return index
  const { entries } = untagged(index, tag)
  const ofDigest = entries.filter(({ descriptor }) => descriptor.digest === digest)
  const free = ofDigest.find((entry) => entry.tag === undefined)
  if (free === undefined) return { ...index, entries: [...entries, withTag(withoutNames(ofDigest[0]!), tag)] }
  return { ...index, entries: entries.map((entry) => (entry === free ? withTag(entry, tag) : entry)) }
}

function untagged(index: IndexFile, tag: string): IndexFile {
  const others = index.entries.filter((entry) => entry.tag !== tag)
  if (others.length === index.entries.length) return index
  const isListed = ({ descriptor }: Entry): boolean =>
    others.some((other) => other.descriptor.digest === descriptor.digest)
  const entries = index.entries.flatMap((entry) => {
    if (entry.tag !== tag) return [entry]
    return isListed(entry) ? [] : [withoutNames(entry)]
  })
  return { ...index, entries }
}

function withTag(entry: Entry, tag: string): Entry {
  const annotations = { ...entry.descriptor.annotations, [ANNOTATION_REF_NAME]: tag }
  return entryOf({ ...entry.written, annotations }, 'entry')
}

function withoutNames({ written, descriptor }: Entry): Entry {
  const annotations = Object.entries(descriptor.annotations ?? {}).filter(
    ([key]) => key !== ANNOTATION_REF_NAME && key !== ANNOTATION_CONTAINERD_NAME,
  )
  const { annotations: _, ...rest } = written
  return entryOf(
    annotations.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(annotations) },
    'entry',
  )
}
