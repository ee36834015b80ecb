import { compressTree } from '../../artifact/profiles/compress-tree.ts'
import { WasmpackError } from '../../errors.ts'
import { canonicalJson } from '../../json.ts'
import { type Blob, createBlob } from '../../oci/descriptor.ts'
import { computeDigest } from '../../oci/digest.ts'
import { type Manifest, parseManifest } from '../../oci/manifest.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../../oci/media-types.ts'
import { END, padding, writeTarHeader } from '../../tar/writing.ts'

export const BUNDLE_TYPE = 'application/vnd.wasmpack.gitops.bundle.v1'
/** The one type that both Argo CD and Flux unpack without being configured for it. */
const BUNDLE_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** Of all files, in bytes; what Argo CD unpacks at most by default. */
export const BUNDLE_SIZE_LIMIT = 1024 ** 3

export interface BundleFile {
  /** In the bundle, with `/` between names. */
  readonly path: string
  readonly size: number
  readonly executable: boolean
  /** A stream of `size` bytes. */
  open(): AsyncIterable<Uint8Array>
}

/** A directory of Kubernetes objects as an artifact. */
export interface Bundle {
  readonly manifest: Manifest
  readonly config: Blob
  readonly layer: Blob
}

/**
 * Packs files in the order of their paths, in one layer, without owners and times: the same files give the same digest on every
 * machine. Throws ARTIFACT_MALFORMED if there is no file, or more than {@link BUNDLE_SIZE_LIMIT}.
 */
export async function packBundle(
  files: readonly BundleFile[],
  annotations: Readonly<Record<string, string>>,
): Promise<Bundle> {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  if (files.length === 0)
    throw new WasmpackError('USAGE', 'the directory has no files', { hint: 'name another one' })
  if (size > BUNDLE_SIZE_LIMIT)
    throw new WasmpackError('USAGE', `the files have ${size} bytes, expected at most ${BUNDLE_SIZE_LIMIT}`, {
      hint: 'bundle less: Argo CD unpacks no more',
    })
  const { compressed } = await compressTree(writeTree(files))
  const empty = new TextEncoder().encode('{}')
  const config = createBlob(empty, { mediaType: OCI_EMPTY, digest: computeDigest(empty), size: empty.length })
  const layer = createBlob(compressed, {
    mediaType: BUNDLE_LAYER,
    digest: computeDigest(compressed),
    size: compressed.length,
  })
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: BUNDLE_TYPE,
    config: config.descriptor,
    layers: [layer.descriptor],
    annotations,
  })
  return {
    config,
    layer,
    manifest: parseManifest(new TextEncoder().encode(manifest), OCI_MANIFEST) as Manifest,
  }
}

/** By code units of the whole path, each directory before what it holds. */
async function* writeTree(files: readonly BundleFile[]): AsyncGenerator<Uint8Array> {
  const entries = new Map<string, BundleFile | undefined>()
  for (const file of files) {
    const names = file.path.split('/')
    for (let depth = 1; depth < names.length; depth++)
      entries.set(`${names.slice(0, depth).join('/')}/`, undefined)
    entries.set(file.path, file)
  }
  for (const [path, file] of [...entries].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    yield writeTarHeader(path, file?.size ?? 0, file === undefined || file.executable ? 0o755 : 0o644)
    if (file === undefined) continue
    yield* file.open()
    yield padding(file.size)
  }
  yield END
}
