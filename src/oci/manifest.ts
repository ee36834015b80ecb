import type { WasmpackError } from '../errors.ts'
import { type Descriptor, parseDescriptor } from './descriptor.ts'
import { type Digest, computeDigest } from './digest.ts'
import { malformedDocument, parseAnnotations, parseDocument, refuseOtherCase } from './document.ts'
import { DOCKER_INDEX, DOCKER_MANIFEST, MANIFEST_SIZE_LIMIT, OCI_INDEX, OCI_MANIFEST } from './media-types.ts'

interface Document {
  readonly mediaType: string
  /** The bytes as they were received or are to be sent: the digest is of these, never of a re-serialisation. */
  readonly bytes: Uint8Array
  readonly digest: Digest
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations: Readonly<Record<string, string>>
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export interface Manifest extends Document {
  readonly kind: 'manifest'
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md */
export interface Index extends Document {
  readonly kind: 'index'
  readonly manifests: readonly Descriptor[]
}

const KINDS: ReadonlyMap<string, 'manifest' | 'index'> = new Map([
  [OCI_MANIFEST, 'manifest'],
  [DOCKER_MANIFEST, 'manifest'],
  [OCI_INDEX, 'index'],
  [DOCKER_INDEX, 'index'],
])

const FIELDS = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
]

export const isManifestType = (mediaType: string): boolean => KINDS.has(mediaType)

export const isIndexType = (mediaType: string): boolean => KINDS.get(mediaType) === 'index'

/**
 * Parses a manifest or an index. `claimed` is the media type from the response or the descriptor; `mediaType` in the body must
 * equal it, and a document that could be both is refused (CVE-2021-41190). Throws ARTIFACT_MALFORMED.
 */
export function parseManifest(
  bytes: Uint8Array,
  claimed: string | undefined,
  what = 'manifest',
): Manifest | Index {
  const malformed = (problem: string): WasmpackError => malformedDocument(what, problem)
  if (bytes.length > MANIFEST_SIZE_LIMIT) throw malformed(`is larger than ${MANIFEST_SIZE_LIMIT} bytes`)
  const value = parseDocument(bytes, what)
  refuseOtherCase(value, FIELDS, what)
  if (value['schemaVersion'] !== 2) throw malformed('has no schemaVersion 2')
  const written = value['mediaType']
  if (written !== undefined && typeof written !== 'string')
    throw malformed('has a mediaType that is not a string')
  const type = claimed !== undefined && KINDS.has(claimed) ? claimed : undefined
  if (written !== undefined && type !== undefined && written !== type)
    throw malformed(`has mediaType ${JSON.stringify(written)}, but was served as ${JSON.stringify(type)}`)
  const shape = 'manifests' in value ? 'index' : 'manifest'
  if (shape === 'index' && ('layers' in value || 'config' in value))
    throw malformed('has both manifests and layers or a config, so it is ambiguous')
  const mediaType = written ?? type ?? (shape === 'index' ? OCI_INDEX : OCI_MANIFEST)
  if (KINDS.get(mediaType) !== shape)
    throw malformed(
      `is of type ${JSON.stringify(mediaType)} but has the fields of ${shape === 'index' ? 'an index' : 'a manifest'}`,
    )

  const { artifactType, subject, annotations } = value
  if (artifactType !== undefined && typeof artifactType !== 'string')
    throw malformed('has an artifactType that is not a string')
  const document = {
    mediaType,
    bytes,
    digest: computeDigest(bytes),
    ...(artifactType ? { artifactType } : {}),
    ...(subject === undefined || subject === null
      ? {}
      : { subject: parseDescriptor(subject, `${what}: subject`) }),
    annotations: parseAnnotations(annotations ?? {}, `${what}: annotations`),
  }
  if (shape === 'index')
    return { kind: 'index', ...document, manifests: parseDescriptors(value, 'manifests', what, malformed) }
  return {
    kind: 'manifest',
    ...document,
    config: parseDescriptor(value['config'], `${what}: config`),
    layers: parseDescriptors(value, 'layers', what, malformed),
  }
}

const LIST_LIMIT = 10_000

function parseDescriptors(
  value: Readonly<Record<string, unknown>>,
  field: 'manifests' | 'layers',
  what: string,
  malformed: (problem: string) => WasmpackError,
): readonly Descriptor[] {
  const list = value[field] ?? []
  if (!Array.isArray(list)) throw malformed(`has ${field} that is not a list`)
  if (list.length > LIST_LIMIT) throw malformed(`has more than ${LIST_LIMIT} ${field}`)
  return list.map((item, at) => parseDescriptor(item, `${what}: ${field}[${at}]`))
}

/** The descriptor of a manifest. */
export function describeManifest(manifest: Manifest | Index): Descriptor {
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length }
}

/** The descriptor of a manifest in a list of referrers, with its artifact type and annotations. */
export function describeReferrer(manifest: Manifest | Index): Descriptor {
  const artifactType = getArtifactType(manifest)
  return {
    ...describeManifest(manifest),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(Object.keys(manifest.annotations).length === 0 ? {} : { annotations: manifest.annotations }),
  }
}

/** The type a referrer is listed and filtered by: its artifactType, else its config's media type. */
export const getArtifactType = (manifest: Manifest | Index): string | undefined =>
  manifest.artifactType ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined)

/** The descriptors that a manifest or an index references, which must exist before it is written. */
export const getSuccessors = (manifest: Manifest | Index): readonly Descriptor[] =>
  manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers]
