/** Who made a verified signature, as every output names it. */
export type VerifiedSigner = KeyHolder | Identity

/** The holder of a private key. */
export interface KeyHolder {
  readonly kind: 'key'
  /** `sha256:` and the hexadecimal SHA-256 of the public key in SPKI form. */
  readonly id: string
  /** The same hash in base64, as bundles name keys. */
  readonly hint: string
}

/** Whoever a certificate names. */
export interface Identity {
  readonly kind: 'identity'
  /** The certificate's subject alternative name: an e-mail address, a URI, a user name. */
  readonly subject: string
  /** URL of the OpenID Connect issuer that vouched for the subject. */
  readonly issuer: string
  /** Of a workflow: where it ran, which need not be the repository that the subject names. */
  readonly source?: SourceRevision
}

/** What a workflow ran for, as its certificate says. */
export interface SourceRevision {
  /** URL, or owner and name in certificates before 2023. */
  readonly repository: string
  readonly ref?: string
}

/** One text per key or identity, whatever hint, trusted root or certificate names it. */
export const identifySigner = (signer: VerifiedSigner): string =>
  JSON.stringify(signer.kind === 'key' ? [signer.id] : [signer.issuer, signer.subject])

/** How many different keys and identities signed. */
export const countSigners = (signed: readonly { readonly signer: VerifiedSigner }[]): number =>
  new Set(signed.map(({ signer }) => identifySigner(signer))).size

/** The signer in the words of a sentence; `show` makes a name safe where it is to stand. */
export const describeSigner = (signer: VerifiedSigner, show = (name: string): string => name): string =>
  signer.kind === 'key'
    ? `key ${show(signer.id)}`
    : `identity ${show(signer.subject)} (issuer ${show(signer.issuer)})`
