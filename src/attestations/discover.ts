import { isContentFault } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import { type CosignTag, findCosignTags } from '../oci/cosign-tags.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { getArtifactType } from '../oci/manifest.ts'
import { MANIFEST_SIZE_LIMIT, OCI_EMPTY } from '../oci/media-types.ts'
import { isWithheld, type Operation, type ReadOnlyTarget, type ReferrersOperation } from '../oci/target.ts'
import { BUNDLE_PREFIX } from '../signing/bundle.ts'
import { SIGNATURE_PREDICATE } from './statement.ts'

/** Names the predicate type of a bundle in its manifest. A hint: it is not signed. */
export const ANNOTATION_PREDICATE_TYPE = 'dev.sigstore.bundle.predicateType'

/**
 * A bundle with a signature, a bundle with any other statement, what cosign wrote before it wrote bundles, a signature of Notation,
 * or anything else.
 */
export type ReferrerKind =
  | 'signature'
  | 'attestation'
  | 'legacy-signature'
  | 'legacy-attestation'
  | 'legacy-sbom'
  | 'notation-signature'
  | 'other'

/** The artifact types that name their kind. */
const KINDS: ReadonlyMap<string | undefined, ReferrerKind> = new Map([
  ['application/vnd.dev.cosign.artifact.sig.v1+json', 'legacy-signature'],
  ['application/vnd.dev.cosign.artifact.att.v1+json', 'legacy-attestation'],
  ['application/vnd.dev.cosign.artifact.sbom.v1+json', 'legacy-sbom'],
  ['application/vnd.cncf.notary.signature', 'notation-signature'],
])

/** A referrer of an artifact, as its own manifest describes it: nothing in it is verified. */
export interface Referrer {
  readonly digest: Digest
  readonly kind: ReferrerKind
  readonly artifactType?: string
  /** Under which cosign finds it; absent for what names the artifact as its subject. */
  readonly tag?: string
  /** Of a bundle, if its manifest names it. */
  readonly predicateType?: string
  /** The bundle itself, of a signature or an attestation. */
  readonly bundle?: Descriptor
  /** Why it cannot be used; its kind is then the one of the list. */
  readonly problem?: string
}

/** More referrers than this are listed, but not read. */
const REFERRER_LIMIT = 100
const BEYOND_LIMIT = `not read: the artifact has more than ${REFERRER_LIMIT} referrers`

const WITHHELD = 'withheld by a policy of the registry'

/** In bytes: the manifest that attaches a bundle has about one kilobyte. */
const USUAL_SIZE = 64 * 1024

const PARALLEL_READS = 4

/**
 * The referrers of the artifact, or those of one artifact type, as their manifests say. A malformed or missing one has a
 * problem; a failed look-up throws.
 */
export async function discover(
  target: ReadOnlyTarget,
  subject: Digest,
  operation: ReferrersOperation = {},
): Promise<readonly Referrer[]> {
  const listed = await listReferrers(target, subject, SIGNATURE_PREDICATE, operation)
  const read = await inParallel(listed.slice(0, REFERRER_LIMIT), PARALLEL_READS, (descriptor) =>
    describeReferrer(target, subject, descriptor, operation),
  )
  const found = [
    ...read,
    ...listed.slice(REFERRER_LIMIT).map((descriptor) => describeProblem(descriptor, BEYOND_LIMIT)),
  ]
  const { artifactType: wanted } = operation
  return wanted === undefined
    ? found
    : found.filter(({ artifactType, problem }) => artifactType === wanted || problem !== undefined)
}

const TAG_KINDS = { sig: 'legacy-signature', att: 'legacy-attestation', sbom: 'legacy-sbom' } as const

/** What cosign keeps of the artifact under tags that are derived from its digest. */
export async function discoverCosignTags(
  target: ReadOnlyTarget,
  subject: Digest,
  operation: ReferrersOperation,
): Promise<readonly Referrer[]> {
  const { found } = await findCosignTags(target, subject, operation)
  return found.map((tag) => describeCosignTag(tag))
}

function describeCosignTag({ tag, suffix, manifest }: CosignTag): Referrer {
  const artifactType = getArtifactType(manifest)
  const { digest } = manifest
  return { digest, kind: TAG_KINDS[suffix], tag, ...(artifactType === undefined ? {} : { artifactType }) }
}

/** Describes a referrer that the registry withholds as it is listed. */
async function describeReferrer(
  target: ReadOnlyTarget,
  subject: Digest,
  descriptor: Descriptor,
  operation: Operation,
): Promise<Referrer> {
  try {
    return await readReferrer(target, subject, descriptor, operation)
  } catch (error) {
    if (isWithheld(error)) return describeProblem(descriptor, WITHHELD)
    throw error
  }
}

/**
 * The listed referrers without duplicates: first those that may state the predicate type, last those that are no bundle. Large
 * manifests come last in each group: attackers use them to hide signatures.
 */
export async function listReferrers(
  target: ReadOnlyTarget,
  subject: Digest,
  predicateType: string | undefined,
  operation: ReferrersOperation,
): Promise<readonly Descriptor[]> {
  const listed = new Map<Digest, Descriptor>()
  for (const descriptor of await target.referrers(subject, operation))
    if (!listed.has(descriptor.digest)) listed.set(descriptor.digest, descriptor)
  return [...listed.values()].sort(
    (one, other) => rankReferrer(one, predicateType) - rankReferrer(other, predicateType),
  )
}

/** How unlikely it is that a listed referrer states the predicate type, by the list alone: 0 is likely. */
export const rankReferrer = (descriptor: Descriptor, predicateType: string | undefined): number =>
  (mayState(descriptor, predicateType) ? 0 : mayBeBundle(descriptor) ? 2 : 4) +
  (descriptor.size > USUAL_SIZE ? 1 : 0)

/** Registries and old tools leave out artifact type and annotations, or list the empty type. */
const mayBeBundle = ({ artifactType }: Descriptor): boolean =>
  artifactType === undefined || artifactType === OCI_EMPTY || artifactType.startsWith(BUNDLE_PREFIX)

/** Whether a listed referrer may turn out to be a bundle that states the predicate type, or any if that is undefined. */
export function mayState(descriptor: Descriptor, predicateType: string | undefined): boolean {
  const listed = descriptor.annotations?.[ANNOTATION_PREDICATE_TYPE] ?? predicateType
  return mayBeBundle(descriptor) && (predicateType === undefined || listed === predicateType)
}

/** The kind of a referrer by the list alone; a signature if that leaves it open. */
export const guessKind = (descriptor: Descriptor): ReferrerKind =>
  mayBeBundle(descriptor)
    ? classifyBundle(descriptor.annotations?.[ANNOTATION_PREDICATE_TYPE])
    : (KINDS.get(descriptor.artifactType) ?? 'other')

const classifyBundle = (predicateType: string | undefined): ReferrerKind =>
  predicateType === undefined || predicateType === SIGNATURE_PREDICATE ? 'signature' : 'attestation'

const describeProblem = (descriptor: Descriptor, problem: string): Referrer => ({
  digest: descriptor.digest,
  kind: guessKind(descriptor),
  ...(descriptor.artifactType === undefined ? {} : { artifactType: descriptor.artifactType }),
  problem,
})

/** Reads a referrer's manifest, which alone decides its kind and subject. Calls `spend` with the bytes read. */
export async function readReferrer(
  target: ReadOnlyTarget,
  subject: Digest,
  descriptor: Descriptor,
  operation: Operation,
  spend?: (bytes: number) => void,
): Promise<Referrer> {
  let read = Math.min(descriptor.size, MANIFEST_SIZE_LIMIT)
  try {
    const { digest } = descriptor
    const manifest = await target.manifest(digest, operation)
    read = manifest.bytes.length
    if (manifest.subject?.digest !== subject)
      return describeProblem(descriptor, 'its manifest refers to another artifact')
    const artifactType = getArtifactType(manifest)
    const known = { digest, ...(artifactType === undefined ? {} : { artifactType }) }
    const layers = manifest.kind === 'manifest' ? manifest.layers : []
    if (![artifactType, layers[0]?.mediaType].some((type) => type?.startsWith(BUNDLE_PREFIX)))
      return { ...known, kind: KINDS.get(artifactType) ?? 'other' }
    const predicateType = manifest.annotations[ANNOTATION_PREDICATE_TYPE]
    const bundle = {
      ...known,
      kind: classifyBundle(predicateType),
      ...(predicateType === undefined ? {} : { predicateType }),
    }
    return layers.length === 1 && layers[0]!.mediaType.startsWith(BUNDLE_PREFIX)
      ? { ...bundle, bundle: layers[0]! }
      : { ...bundle, problem: 'its manifest does not hold exactly one bundle' }
  } catch (error) {
    if (isContentFault(error)) return describeProblem(descriptor, error.message)
    throw error
  } finally {
    spend?.(read)
  }
}
