import { WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import type { Digest } from './digest.ts'
import type { Index, Manifest } from './manifest.ts'
import { type Operation, type ReadOnlyTarget, type Target, undefinedIfNotFound } from './target.ts'

/** A tag, and the manifest that it names; without one it does not exist. */
export interface TagState {
  readonly tag: string
  readonly digest?: Digest | undefined
}

const LOOKUPS_AT_ONCE = 4

/** Looks up what tags name. */
export const findTagStates = (
  target: ReadOnlyTarget,
  tags: readonly string[],
  operation: Operation,
): Promise<readonly TagState[]> =>
  inParallel(tags, LOOKUPS_AT_ONCE, async (tag) => ({
    tag,
    digest: (await undefinedIfNotFound(target.resolve(tag, operation)))?.digest,
  }))

/**
 * Points tags at a manifest; those that name it already are left alone. Tags that name something else are written first, because
 * a registry may refuse to move them: then no new tag is written. The error of a refused tag says which ones were written before it.
 * Returns the number of written tags.
 */
export async function writeTags(
  target: Target,
  manifest: Manifest | Index,
  tags: readonly TagState[],
  operation: Operation,
): Promise<number> {
  const stale = tags.filter(({ digest }) => digest !== manifest.digest)
  const moved = stale.filter(({ digest }) => digest !== undefined)
  const added = stale.filter(({ digest }) => digest === undefined)
  const written: string[] = []
  for (const { tag } of [...moved, ...added]) {
    await target.pushManifest(manifest, tag, operation).catch((cause: unknown) => {
      throw written.length > 0 && cause instanceof WasmpackError ? addWritten(cause, tag, written) : cause
    })
    written.push(tag)
  }
  return written.length
}

const addWritten = (cause: WasmpackError, tag: string, written: readonly string[]): WasmpackError =>
  new WasmpackError(
    cause.code,
    `cannot write the tag ${tag}, after ${written.length === 1 ? 'the tag' : 'the tags'} ${written.join(', ')} ${written.length === 1 ? 'was' : 'were'} written: ${cause.message}`,
    { hint: cause.hint, details: { ...cause.details, written }, cause },
  )
