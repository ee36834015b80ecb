import { formatIndexDocument, type IndexEntry, type IndexDocument } from '../layout/index-document.ts'
import { MARKER } from '../layout/marker.ts'
import type { Operation } from '../target.ts'
import type { ArchiveBlobs } from './archive-blobs.ts'
import { formatBlobName } from './archive-file.ts'
import { END, padding, writeTarHeader } from '../../tar/writing.ts'

/**
 * The bytes of an archive, deterministic for the same content. Every blob is verified again while it is read; throws the errors of
 * reading it.
 */
export async function* writeArchive(
  index: IndexDocument,
  blobs: ArchiveBlobs,
  operation: Operation | undefined,
): AsyncGenerator<Uint8Array> {
  yield* writeMember('oci-layout', MARKER)
  yield* writeMember(
    'index.json',
    formatIndexDocument({ ...index, entries: index.entries.toSorted(compareEntries) }),
  )
  for (const digest of blobs.digests.toSorted()) {
    const size = (await blobs.size(digest)) ?? 0
    yield writeTarHeader(formatBlobName(digest), size)
    yield* blobs.read({ digest, size }, { signal: operation?.signal })
    yield padding(size)
  }
  yield END
}

function* writeMember(name: string, bytes: Uint8Array): Generator<Uint8Array> {
  yield writeTarHeader(name, bytes.length)
  yield bytes
  yield padding(bytes.length)
}

/** Tagged entries first, since some readers take the first entry by default. */
function compareEntries(one: IndexEntry, other: IndexEntry): number {
  if ((one.tag === undefined) !== (other.tag === undefined)) return one.tag === undefined ? 1 : -1
  const [left, right] = [formatSortKey(one), formatSortKey(other)]
  return left < right ? -1 : left > right ? 1 : 0
}

const formatSortKey = ({ tag = '', descriptor }: IndexEntry): string => `${tag} ${descriptor.digest}`
