import { WasmpackError } from '../errors.ts'
import { type Digest, formatReferrersTag } from './digest.ts'
import type { Index, Manifest } from './manifest.ts'
import {
  catchWithheld,
  type Operation,
  type ReadOnlyTarget,
  type ReferrersOperation,
  undefinedIfNotFound,
} from './target.ts'

/** A signature, attestation or SBOM of cosign before version 3, under a tag derived from the subject's digest. */
export interface CosignTag {
  readonly tag: string
  readonly suffix: (typeof SUFFIXES)[number]
  readonly manifest: Manifest | Index
}

/** https://github.com/sigstore/cosign/blob/v3.1.0/specs/SIGNATURE_SPEC.md#tag-based-discovery, and its siblings */
const SUFFIXES = ['sig', 'att', 'sbom'] as const

/** The cosign tags of a subject. */
export interface CosignTags {
  readonly found: readonly CosignTag[]
  /** Tags whose manifest the registry withholds. */
  readonly withheld: readonly string[]
}

/** Finds the cosign tags of a subject. A tag that cannot be read throws, or is told to `onUnreadable`. */
export async function findCosignTags(
  target: ReadOnlyTarget,
  subject: Digest,
  operation: ReferrersOperation,
): Promise<CosignTags> {
  const { signal, onUnreadable } = operation
  const report = (problem: unknown): undefined => {
    signal?.throwIfAborted()
    if (onUnreadable === undefined || !(problem instanceof WasmpackError)) throw problem
    onUnreadable(problem)
  }
  const found = await Promise.all(
    SUFFIXES.map(async (suffix) => {
      const tag = `${formatReferrersTag(subject)}.${suffix}`
      const looked = catchWithheld(undefinedIfNotFound(target.manifest(tag, { signal })))
      return { tag, suffix, manifest: await looked.catch(report) }
    }),
  )
  return {
    found: found.flatMap(({ tag, suffix, manifest }) =>
      manifest === undefined || manifest === 'withheld' ? [] : [{ tag, suffix, manifest }],
    ),
    withheld: found.flatMap(({ tag, manifest }) => (manifest === 'withheld' ? [tag] : [])),
  }
}

/**
 * Whether the destination has all signatures of the tag; each is a layer, and a destination may have been signed separately.
 * Throws ARTIFACT_MALFORMED if each side has some that the other lacks, since the tag can name only one of the two.
 */
export async function hasCosignTag(
  destination: ReadOnlyTarget,
  { tag, manifest }: CosignTag,
  operation: Operation,
): Promise<boolean> {
  const there = await undefinedIfNotFound(destination.manifest(tag, operation))
  if (there === undefined) return false
  if (there.digest === manifest.digest) return true
  if (includesLayers(there, manifest)) return true
  if (includesLayers(manifest, there)) return false
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `${destination.name}:${tag} and the source each have signatures that the other lacks`,
    {
      hint: 'delete that tag at the destination and sign again, or copy with --without-referrers',
      details: { source: manifest.digest, destination: there.digest },
    },
  )
}

function includesLayers(all: Manifest | Index, some: Manifest | Index): boolean {
  const digests = new Set(all.kind === 'manifest' ? all.layers.map(({ digest }) => digest) : [])
  return some.kind === 'manifest' && some.layers.every(({ digest }) => digests.has(digest))
}
