import { WasmpackError } from '../errors.ts'
import type { Blob, Descriptor } from './descriptor.ts'
import { type Index, isManifestType, type Manifest, successors } from './manifest.ts'
import type { Operation, ReadOnlyTarget, Target } from './target.ts'

/** How deep indexes may stand in indexes; nobody writes more than two. */
const DEPTH_LIMIT = 4
/** At the same time, of one manifest. */
const CONCURRENCY = 4

/**
 * Copies a manifest with everything that it points to, blobs first, and tags it last; what is there already is not sent
 * again. Referrers are not part of it: each is a manifest of its own, copied like this one.
 */
export async function copy(
  source: ReadOnlyTarget,
  destination: Target,
  manifest: Manifest | Index,
  tag?: string,
  operation?: Operation,
): Promise<void> {
  await copyTree(source, destination, manifest, tag, operation, 1)
}

async function copyTree(
  source: ReadOnlyTarget,
  destination: Target,
  manifest: Manifest | Index,
  tag: string | undefined,
  operation: Operation | undefined,
  depth: number,
): Promise<void> {
  if (depth > DEPTH_LIMIT)
    throw new WasmpackError(
      'ARTIFACT_MALFORMED',
      `index ${manifest.digest} of ${source.name} is nested too deep`,
      {
        hint: 'name the artifact that you want by its digest',
      },
    )
  await eachOnce(successors(manifest), async (descriptor) => {
    if (manifest.kind === 'index' && isManifestType(descriptor.mediaType)) {
      const child = await source.manifest(descriptor.digest, operation)
      await copyTree(source, destination, child, undefined, operation, depth + 1)
    } else await destination.push(blobIn(source, descriptor, operation), operation)
  })
  await destination.pushManifest(manifest, tag, operation)
}

const blobIn = (source: ReadOnlyTarget, descriptor: Descriptor, operation: Operation | undefined): Blob => ({
  descriptor,
  // The progress is of the writing side alone.
  open: () => source.fetch(descriptor, { signal: operation?.signal }),
})

async function eachOnce(
  descriptors: readonly Descriptor[],
  work: (descriptor: Descriptor) => Promise<void>,
): Promise<void> {
  const waiting = new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()
  const worker = async (): Promise<void> => {
    for (const descriptor of waiting) await work(descriptor)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}
