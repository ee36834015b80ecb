import { join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { collect, streamBytes } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import type { Index, Manifest } from '../manifest.ts'
import { readRegular, syncDirectory, writeAtomically } from './files.ts'
import {
  EMPTY_INDEX,
  type IndexEntry,
  formatIndexDocument,
  INDEX_SIZE_LIMIT,
  type IndexDocument,
  parseIndexDocument,
  removeTag,
  addManifest,
} from './index-document.ts'
import { withLock } from './lock.ts'

/** The manifests that a layout lists. Throws ARTIFACT_MALFORMED. */
export async function readEntries(directory: string, layout: string): Promise<readonly IndexEntry[]> {
  const found = await readIndexFile(directory, layout)
  if (found !== undefined) return found.entries
  throw new WasmpackError('ARTIFACT_MALFORMED', `${layout} has no index.json`, {
    hint: 'the OCI layout is incomplete: copy or push again',
  })
}

/** Creates an empty index.json, unless it exists. */
export const createIndexFile = (
  directory: string,
  layout: string,
  signal: AbortSignal | undefined,
): Promise<void> => changeIndexFile(directory, layout, (found) => found ?? EMPTY_INDEX, signal)

/** Lists a manifest, under a tag if one is given. */
export const listManifest = (
  directory: string,
  layout: string,
  manifest: Manifest | Index,
  tag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> =>
  changeIndexFile(directory, layout, (found = EMPTY_INDEX) => addManifest(found, manifest, tag), signal)

/** Removes a tag; its manifest stays listed. */
export const untag = (
  directory: string,
  layout: string,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<void> => changeIndexFile(directory, layout, (found = EMPTY_INDEX) => removeTag(found, tag), signal)

/** Removes a manifest with all its tags from the list, and runs `remove` under the same lock. */
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
      await writeIndexFile(directory, layout, (found = EMPTY_INDEX) => {
        const entries = found.entries.filter(({ descriptor }) => descriptor.digest !== digest)
        return entries.length === found.entries.length ? found : { ...found, entries }
      })
      await remove()
    },
    { signal },
  )

async function changeIndexFile(
  directory: string,
  layout: string,
  edit: (found: IndexDocument | undefined) => IndexDocument,
  signal: AbortSignal | undefined,
): Promise<void> {
  const unlocked = await readIndexFile(directory, layout)
  if (unlocked !== undefined && edit(unlocked) === unlocked) return
  await withLock(directory, () => writeIndexFile(directory, layout, edit), { signal })
}

/** The caller holds the lock. */
async function writeIndexFile(
  directory: string,
  layout: string,
  edit: (found: IndexDocument | undefined) => IndexDocument,
): Promise<void> {
  const before = await readIndexFile(directory, layout)
  const after = edit(before)
  if (after === before) return
  await writeAtomically(join(directory, 'index.json'), streamBytes(formatIndexDocument(after)))
  await syncDirectory(directory)
}

async function readIndexFile(directory: string, layout: string): Promise<IndexDocument | undefined> {
  const what = `index.json of ${layout}`
  try {
    const chunks = readRegular(join(directory, 'index.json'))
    return parseIndexDocument(await collect(chunks, INDEX_SIZE_LIMIT, what), what)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
