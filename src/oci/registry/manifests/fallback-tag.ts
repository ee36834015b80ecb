import { WasmpackError } from '../../../errors.ts'
import { inParallel } from '../../../in-parallel.ts'
import type { Descriptor } from '../../descriptor.ts'
import { type Digest, formatReferrersTag } from '../../digest.ts'
import { isRecord } from '../../../json.ts'
import { parseDocument } from '../../document.ts'
import { type Index, type Manifest, describeReferrer, parseManifest } from '../../manifest.ts'
import { MANIFEST_SIZE_LIMIT, OCI_INDEX } from '../../media-types.ts'
import type { Operation } from '../../target.ts'
import { checkDigestHeader } from '../errors/digest-header.ts'
import type { RegistryConnection } from '../connection.ts'
import { deleteManifest } from './delete-manifest.ts'
import { isMissingBlob, putManifest } from './write-manifest.ts'
import { type StoredManifest, findManifest, manifestExists } from './manifests.ts'
import { rejectHtml } from '../errors/reject-html.ts'

/** The referrers under the fallback tag of a subject; empty without one. Throws ARTIFACT_MALFORMED if it is not a referrers index. */
export async function readFallback(
  connection: RegistryConnection,
  subject: Digest,
  operation: Operation = {},
): Promise<readonly Descriptor[]> {
  const stored = await findManifest(connection, formatReferrersTag(subject), operation)
  // GitLab resolves the tag as the digest itself: then the result is the subject.
  if (stored === undefined || stored.manifest.digest === subject) return []
  return requireReferrersIndex(connection, subject, stored).manifests
}

function requireReferrersIndex(
  connection: RegistryConnection,
  subject: Digest,
  { manifest }: StoredManifest,
): Index {
  const unrelated =
    manifest.kind !== 'index' ||
    manifest.digest === subject ||
    manifest.manifests.some(({ platform }) => platform !== undefined)
  if (!unrelated) return manifest
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `tag ${formatReferrersTag(subject)} of ${connection.name} names ${manifest.digest}, which is not a referrers index`,
    {
      hint: 'registries without the referrers API list signatures under that tag: delete the tag',
    },
  )
}

/** Rounds of reading, writing and reading back before giving up. */
const ROUNDS = 10
/** Minimum wait before checking that the change survived, in milliseconds. */
const SETTLE = 100
/** Wait for concurrent writers, as a multiple of the time of the own round. */
const PATIENCE = 1
/** Entries that are checked when one of them is missing. */
const PRUNED = 1000
const AT_ONCE = 8

/**
 * Adds a referrer to the index under the subject's fallback tag; false if it was listed. Other entries and fields stay. Throws
 * UNAVAILABLE if concurrent writers keep winning.
 */
export const addToFallback = (
  connection: RegistryConnection,
  subject: Digest,
  referrer: Manifest | Index,
  operation: Operation = {},
): Promise<boolean> =>
  edit(connection, subject, operation, {
    settled: (index) => index !== undefined && listsReferrer(index, referrer.digest),
    entries: (entries) => [...entries, describeReferrer(referrer)],
  })

/**
 * Removes a referrer from the index, and deletes an index that would be empty; false if it was not listed. A registry without
 * deletion refuses before the index has changed.
 */
export const removeFromFallback = (
  connection: RegistryConnection,
  subject: Digest,
  referrer: Manifest | Index,
  operation: Operation = {},
): Promise<boolean> =>
  edit(connection, subject, operation, {
    settled: (index) => index === undefined || !listsReferrer(index, referrer.digest),
    entries: (entries) => entries.filter((entry) => !isRecord(entry) || entry['digest'] !== referrer.digest),
  })

interface Edit {
  /** Whether the index already has the change. */
  readonly settled: (index: Index | undefined) => boolean
  readonly entries: (entries: readonly unknown[]) => readonly unknown[]
}

const listsReferrer = ({ manifests }: Index, referrer: Digest): boolean =>
  manifests.some(({ digest }) => digest === referrer)

/**
 * Reads, changes and writes the index, with If-Match. Registries that ignore it may lose a concurrent change, so the writer waits
 * longer than a round takes, checks that its change survived, and starts again if not. False if there was nothing to change.
 */
async function edit(
  connection: RegistryConnection,
  subject: Digest,
  operation: Operation,
  { settled, entries }: Edit,
): Promise<boolean> {
  const { clock } = connection.transport
  const tag = formatReferrersTag(subject)
  const isSettled = (stored: StoredManifest | undefined): boolean =>
    settled(stored && requireReferrersIndex(connection, subject, stored))
  const settle = (start: number): Promise<void> => {
    const elapsed = Math.max(0, clock.now() - start)
    return clock.sleep(SETTLE * (1 + clock.random()) + PATIENCE * elapsed, operation.signal)
  }
  const gone = new Set<unknown>()
  const living = (listed: readonly unknown[]): readonly unknown[] =>
    entries(listed).filter((entry) => !isRecord(entry) || !gone.has(entry['digest']))
  for (let round = 1; round <= ROUNDS; round++) {
    const start = clock.now()
    const stored = await findManifest(connection, tag, operation)
    if (isSettled(stored)) return round > 1
    const changed = changeIndex(stored?.manifest, living, connection, tag)
    // By digest, so that an index that another client wrote meanwhile stays. Once: go-containerregistry's registry keeps the tag.
    if (round === 1 && stored !== undefined && changed.manifests.length === 0) {
      await deleteManifest(connection, stored.manifest.digest, operation)
      await settle(start)
      if (isSettled(await findManifest(connection, tag, operation))) return true
      continue
    }
    const written = await writeIndex(connection, tag, changed, stored, operation).catch(
      async (cause: unknown) => {
        if (!(cause instanceof WasmpackError) || !isMissingBlob(cause)) throw cause
        const absent = await findMissing(connection, changed, operation)
        if (absent.length === 0) throw cause
        for (const digest of absent) gone.add(digest)
        return false
      },
    )
    await settle(start)
    if (written && isSettled(await findManifest(connection, tag, operation))) return true
  }
  throw new WasmpackError(
    'UNAVAILABLE',
    `other clients keep changing the referrers index ${connection.name}:${tag}`,
    { hint: 'try again in a moment' },
  )
}

/** Finds listed referrers that were deleted: registries refuse an index with a missing manifest. */
async function findMissing(
  connection: RegistryConnection,
  index: Index,
  operation: Operation,
): Promise<readonly Digest[]> {
  const listed = index.manifests.slice(0, PRUNED).map(({ digest }) => digest)
  const there = await inParallel(listed, AT_ONCE, (digest) => manifestExists(connection, digest, operation))
  return listed.filter((_, at) => !there[at])
}

/** False if another client wrote first and the registry detected it. */
async function writeIndex(
  connection: RegistryConnection,
  tag: string,
  index: Manifest | Index,
  stored: StoredManifest | undefined,
  operation: Operation,
): Promise<boolean> {
  const etag = stored?.etag
  const condition: Record<string, string> =
    stored === undefined
      ? { 'if-none-match': '*' }
      : etag !== undefined && /^(?:W\/)?"[\x21\x23-\x7e]{1,256}"$/.test(etag)
        ? { 'if-match': etag }
        : {}
  const response = await putManifest(connection, index, tag, operation, { condition })
  if (response.status === 201 || response.status === 200) {
    await rejectHtml(response, connection, `the response to the push of ${connection.name}:${tag}`)
    await response.discard()
    checkDigestHeader(response, index.digest, connection)
    return true
  }
  const failure = await connection.toError(response, {
    what: `push of the referrers index ${connection.name}:${tag}`,
    notFound: `repository ${connection.name} does not accept pushes`,
  })
  if (response.status !== 412) throw failure
  // Another client was faster, unless the tag still names the same manifest: then it is immutable.
  const now = await findManifest(connection, tag, operation)
  if (now?.manifest.digest === stored?.manifest.digest) throw failure
  return false
}

function changeIndex(
  old: Manifest | Index | undefined,
  entries: Edit['entries'],
  connection: RegistryConnection,
  tag: string,
): Index {
  const where = `the referrers index ${connection.name}:${tag}`
  const fields =
    old === undefined ? { schemaVersion: 2, mediaType: OCI_INDEX } : parseDocument(old.bytes, where)
  const listed: readonly unknown[] = Array.isArray(fields['manifests']) ? fields['manifests'] : []
  const bytes = Buffer.from(JSON.stringify({ ...fields, manifests: entries(listed) }))
  if (bytes.length > MANIFEST_SIZE_LIMIT)
    throw new WasmpackError(
      'REGISTRY_REFUSED',
      `${where} would be larger than ${MANIFEST_SIZE_LIMIT} bytes`,
      {
        hint: 'remove old signatures and attestations of the artifact',
      },
    )
  return parseManifest(bytes, old?.mediaType ?? OCI_INDEX, where) as Index
}
