import { isRecord, parseJson } from '../../json.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'

/** What was last read of a repository. Whoever uses it verifies every byte again, from the root that the user trusts. */
export interface RepositoryState {
  /** When the repository was last asked for anything newer, in milliseconds since 1970. */
  readonly refreshedAt: number
  /** The roots after the trusted one, each signed by the one before. */
  readonly roots: readonly Uint8Array[]
  readonly timestamp: Uint8Array
  readonly snapshot: Uint8Array
  readonly targets: Uint8Array
  /** Files that the targets list, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** In bytes. */
export const STATE_LIMIT = 16 * 1024 * 1024

/** One document for all of it, so that what belongs together is written and read together. */
export const writeRepositoryState = (state: RepositoryState): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      refreshedAt: state.refreshedAt,
      roots: state.roots.map(encodeBase64),
      timestamp: encodeBase64(state.timestamp),
      snapshot: encodeBase64(state.snapshot),
      targets: encodeBase64(state.targets),
      files: [...state.files].map(([name, bytes]) => ({ name, bytes: encodeBase64(bytes) })),
    }),
  )

/** The inverse of {@link writeRepositoryState}. Throws an error for anything else. */
export function parseRepositoryState(bytes: Uint8Array): RepositoryState {
  const value = parseJson(bytes, 'the cached repository')
  if (!isRecord(value)) throw new Error('the cached repository is not an object')
  const { refreshedAt, roots, timestamp, snapshot, targets, files } = value
  if (typeof refreshedAt !== 'number') throw new Error('the cached repository has no time')
  return {
    refreshedAt,
    roots: listOf(roots).map(bytesOf),
    timestamp: bytesOf(timestamp),
    snapshot: bytesOf(snapshot),
    targets: bytesOf(targets),
    files: new Map(
      listOf(files).map((file) => {
        if (!isRecord(file) || typeof file['name'] !== 'string') throw new Error('a cached file has no name')
        return [file['name'], bytesOf(file['bytes'])]
      }),
    ),
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('the cached repository lacks a list')
  return value
}

function bytesOf(value: unknown): Uint8Array {
  const bytes = decodeBase64(value)
  if (bytes === undefined) throw new Error('the cached repository has content that is not base64')
  return bytes
}
