import { OCI_MANIFEST } from './documents.ts'
import { type Repository, sha256 } from './store.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const EMPTY = Buffer.from('{}')

/** Pushes bundles that hold no signature, as anybody could who may push, and returns the digests of their manifests. */
export function pushJunk(repository: Repository, subject: string, count: number): ReadonlySet<string> {
  const digests = new Set<string>()
  for (let at = 0; at < count; at++) {
    const layer = Buffer.from(`{"junk":${at}}`)
    for (const blob of [EMPTY, layer]) repository.blobs.set(sha256(blob), blob)
    const size = repository.manifests.get(subject)?.bytes.length ?? 0
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        artifactType: BUNDLE,
        config: describe('application/vnd.oci.empty.v1+json', EMPTY),
        layers: [describe(BUNDLE, layer)],
        subject: { mediaType: OCI_MANIFEST, digest: subject, size },
        annotations: { 'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1' },
      }),
    )
    digests.add(sha256(bytes))
    repository.manifests.set(sha256(bytes), { mediaType: OCI_MANIFEST, bytes })
  }
  return digests
}

const describe = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: sha256(bytes),
  size: bytes.length,
})
