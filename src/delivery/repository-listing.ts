import type { ArtifactForm } from '../artifact/profiles/profile.ts'
import { findModule } from '../artifact/find-module.ts'
import { isContentFault, WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import type { Digest } from '../oci/digest.ts'
import { getArtifactType, type Index, type Manifest } from '../oci/manifest.ts'
import { isWithheld, type Operation, type ReadOnlyTarget } from '../oci/target.ts'
import { discover, type ReferrerKind } from '../attestations/discover.ts'
import { formatSignatureTag } from '../attestations/find-legacy-signatures.ts'

/** How a Wasm artifact is laid out; or an index, what refers to another artifact, or anything else. */
export type ListedKind = ArtifactForm | 'index' | 'referrer' | 'other'

export type SignatureForm = 'bundle' | 'legacy' | 'notation' | 'none'

/** What a tag names. Nothing is verified: a signature that is there need not be anybody's that one trusts. */
export interface ListedTag {
  readonly tag: string
  readonly digest?: Digest
  readonly kind?: ListedKind
  /** The manifest's artifact type, else its config's media type. */
  readonly artifactType?: string
  /** Of the manifest and what it lists, in bytes, as the manifest says. */
  readonly size?: number
  /** A bundle that is attached, what cosign wrote before it wrote bundles, or a signature of Notation alone. */
  readonly signature?: SignatureForm
  /** Why nothing, or no signature, is known of it: it is gone meanwhile, malformed, withheld, or one list of its referrers is unreadable. */
  readonly problem?: string
  /** A policy of the registry withholds its manifest. */
  readonly withheld?: true
}

export interface RepositoryListing {
  readonly tags: readonly ListedTag[]
  /** Tags that only serve to find signatures and other referrers. */
  readonly referrerTags: readonly string[]
}

const AT_ONCE = 8
/** Fallback tags of the distribution specification, and cosign's before version 3. */
const REFERRER_TAG = /^sha(?:256|512)-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/

/** The tags of a repository: those of artifacts, and apart those that only lead to referrers. */
export async function listTags(
  target: ReadOnlyTarget,
  operation: Operation,
): Promise<{ readonly tags: readonly string[]; readonly referrerTags: readonly string[] }> {
  const all = await target.tags(operation)
  return {
    tags: all.filter((tag) => !REFERRER_TAG.test(tag)),
    referrerTags: all.filter((tag) => REFERRER_TAG.test(tag)),
  }
}

/**
 * Looks at what each tag names. A look-up that fails throws and is never "unsigned"; an artifact that is gone, malformed or
 * withheld has a problem instead.
 */
export async function listRepository(
  target: ReadOnlyTarget,
  operation: Operation,
): Promise<RepositoryListing> {
  const { tags, referrerTags } = await listTags(target, operation)
  const legacy = new Set(referrerTags)
  const signatures = new Map<Digest, ReturnType<typeof findSignature>>()
  const signature = (digest: Digest): ReturnType<typeof findSignature> => {
    const known = signatures.get(digest) ?? findSignature(target, digest, legacy, operation)
    signatures.set(digest, known)
    return known
  }
  const look = async (tag: string): Promise<ListedTag> => {
    try {
      const manifest = await target.manifest(tag, operation)
      return { tag, ...(await describeTag(manifest, target)), ...(await signature(manifest.digest)) }
    } catch (error) {
      if (isWithheld(error)) return { tag, problem: error.message, withheld: true }
      if (isContentFault(error)) return { tag, problem: error.message }
      throw error
    }
  }
  return { tags: await inParallel(tags, AT_ONCE, look), referrerTags }
}

async function describeTag(
  manifest: Manifest | Index,
  target: ReadOnlyTarget,
): Promise<Pick<ListedTag, 'digest' | 'kind' | 'artifactType' | 'size'>> {
  const listed = manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers]
  const artifactType = getArtifactType(manifest)
  return {
    digest: manifest.digest,
    kind: await classifyManifest(manifest, target),
    ...(artifactType === undefined ? {} : { artifactType }),
    size: listed.reduce((sum, { size }) => sum + size, manifest.bytes.length),
  }
}

async function classifyManifest(manifest: Manifest | Index, target: ReadOnlyTarget): Promise<ListedKind> {
  if (manifest.kind === 'index') return 'index'
  if (manifest.subject !== undefined) return 'referrer'
  try {
    return (await findModule(manifest, target)).form
  } catch (error) {
    if (error instanceof WasmpackError && error.code === 'ARTIFACT_MALFORMED') return 'other'
    throw error
  }
}

async function findSignature(
  target: ReadOnlyTarget,
  digest: Digest,
  tags: ReadonlySet<string>,
  operation: Operation,
): Promise<Pick<ListedTag, 'signature' | 'problem'>> {
  let unreadable: WasmpackError | undefined
  const onUnreadable = (problem: WasmpackError): void => void (unreadable ??= problem)
  const referrers = await discover(target, digest, { ...operation, onUnreadable })
  const has = (wanted: ReferrerKind): boolean =>
    referrers.some(({ kind, problem }) => kind === wanted && problem === undefined)
  if (has('signature')) return { signature: 'bundle' }
  if (has('legacy-signature') || tags.has(formatSignatureTag(digest))) return { signature: 'legacy' }
  if (has('notation-signature')) return { signature: 'notation' }
  return unreadable === undefined
    ? { signature: 'none' }
    : { problem: `signatures may be missing: ${unreadable.message}` }
}
