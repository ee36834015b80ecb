import { WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import type { Digest } from '../oci/digest.ts'
import { type Index, isManifestType, type Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { announcesDocuments } from './text-document.ts'

/** Manifests and indexes below one index. */
const CHILDREN_LIMIT = 64
/** Of indexes in an index. */
const DEPTH_LIMIT = 3
const AT_ONCE = 4

type Source = Pick<ReadOnlyTarget, 'manifest'>

/** The parts of an index. */
export interface ChosenManifest {
  /** The only one that can hold a module. */
  readonly manifest: Manifest
  /** The others, which announce attestations and the like; their bytes have not been read. */
  readonly documents: readonly Manifest[]
}

/**
 * Chooses the only manifest of an index that can hold a module. Platforms do not count: hosts spell and rank them in their own ways, so
 * each of several could run. Throws ARTIFACT_MALFORMED unless there is exactly one.
 */
export async function chooseWasmManifest(
  index: Index,
  target: Source,
  operation?: Operation,
): Promise<ChosenManifest> {
  const found = new Map<Digest, Manifest | Index>()
  await collectChildren(index, { root: index, found, target, operation }, 1)
  const manifests = [...found.values()].filter((one): one is Manifest => one.kind === 'manifest')
  const documents = manifests.filter(announcesDocuments)
  const [manifest, ...others] = manifests.filter((one) => !announcesDocuments(one))
  if (manifest !== undefined && others.length === 0) return { manifest, documents }
  const digests = (manifest === undefined ? documents : [manifest, ...others])
    .slice(0, 4)
    .map(({ digest }) => digest)
  const count = manifest === undefined ? 0 : others.length + 1
  throw malformed(
    index,
    `has ${count} manifests that can hold a module, and exactly one is expected`,
    digests.length === 0
      ? 'check the reference: the index is empty'
      : `name one by its digest: @${digests.join(' or @')}`,
  )
}

interface Search {
  readonly root: Index
  readonly found: Map<Digest, Manifest | Index>
  readonly target: Source
  readonly operation: Operation | undefined
}

async function collectChildren(index: Index, search: Search, depth: number): Promise<void> {
  const { root, found, target, operation } = search
  await inParallel(index.manifests, AT_ONCE, async ({ mediaType, digest }) => {
    if (!isManifestType(mediaType))
      throw malformed(
        root,
        `lists ${digest} of type ${JSON.stringify(mediaType.slice(0, 80))}, which is not a manifest`,
        'name the artifact that you want by its digest',
      )
    if (found.has(digest)) return
    const child = await target.manifest(digest, operation)
    found.set(digest, child)
    if (found.size > CHILDREN_LIMIT || depth > DEPTH_LIMIT)
      throw malformed(
        root,
        `has more than ${CHILDREN_LIMIT} manifests, or indexes nested more than ${DEPTH_LIMIT} deep`,
        `name the artifact that you want by its digest, for example @${digest}`,
      )
    if (child.kind === 'index') await collectChildren(child, search, depth + 1)
  })
}

const malformed = (index: Index, problem: string, hint: string): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `index ${index.digest} ${problem}`, { hint })
