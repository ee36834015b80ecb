import { WasmpackError } from '../../errors.ts'
import { getDigestAlgorithm, getDigestHex } from '../../oci/digest.ts'
import type { RenderedObject, RenderOptions, RenderReference } from './target.ts'

/** The label by which objects find the pods of the module. */
export const selectPods = ({ name }: RenderOptions): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': name,
})

/** A Kubernetes object with its metadata; one of the whole cluster can have a name of its own. */
export const createObject = (
  apiVersion: string,
  kind: string,
  options: RenderOptions,
  fields: RenderedObject,
  cluster?: { readonly name: string },
): RenderedObject => ({
  apiVersion,
  kind,
  metadata: {
    name: (cluster ?? options).name,
    ...(cluster !== undefined || options.namespace === undefined ? {} : { namespace: options.namespace }),
    labels: { ...selectPods(options), 'app.kubernetes.io/managed-by': 'wasmpack' },
  },
  ...fields,
})

/** The object with an annotation beside those that it has. */
export function annotate(object: RenderedObject, key: string, value: string): RenderedObject {
  const { metadata = {} } = object as { metadata?: RenderedObject & { annotations?: RenderedObject } }
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [key]: value } } }
}

/** `host/repository:tag@digest`: the digest is what is fetched, the tag is for people. */
export const formatImage = ({ repository, tag, digest }: RenderReference): string =>
  `${repository}${tag === undefined ? '' : `:${tag}`}@${digest}`

/** The hexadecimal digest of the manifest, which Istio and Envoy Gateway compare; they know no other algorithm. */
export function formatSha256({ digest }: RenderReference, target: string): string {
  if (getDigestAlgorithm(digest) === 'sha256') return getDigestHex(digest)
  throw new WasmpackError('USAGE', `${target} compares digests of SHA-256, and this artifact is ${digest}`, {
    hint: 'push the artifact with wasmpack, which writes such digests',
  })
}
