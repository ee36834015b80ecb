export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

interface Descriptor {
  readonly mediaType?: string
  readonly digest: string
  readonly size?: number
}

/** A manifest or an index, as far as a registry looks into it. */
export interface Document {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config?: Descriptor & { readonly mediaType: string }
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
  readonly subject?: { readonly digest: string }
  readonly annotations?: Readonly<Record<string, string>>
}

/** Throws for what is no JSON. */
export const parse = (bytes: Buffer): Document => JSON.parse(bytes.toString('utf8')) as Document
