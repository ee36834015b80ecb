import type { X509Certificate } from 'node:crypto'

import { DER } from '../der.ts'
import { readCertificateParts } from './certificate-extensions.ts'
import { DerProblem, readSequence } from './der-reader.ts'
import { NotVerified } from './not-verified.ts'
import { isValidAt, type TrustedAuthority, type TrustedRoot } from './trusted-root.ts'

const BASIC_CONSTRAINTS = '2.5.29.19'

/** The authority of a root that a certificate names as its issuer; whether it did issue it is not verified. */
export const findNamedIssuer = (root: TrustedRoot, leaf: X509Certificate): TrustedAuthority | undefined =>
  root.certificateAuthorities.find(({ chain: [issuer] }) => leaf.checkIssued(issuer))

/**
 * Finds an authority of the root that issued the certificate and that was in operation, with the certificates up to its root
 * valid, at each of the times. The last certificate of a chain is trusted as it is. Throws {@link NotVerified}.
 */
export function verifyCertificate(
  root: TrustedRoot,
  leaf: X509Certificate,
  times: readonly Date[],
): TrustedAuthority {
  const issuers = root.certificateAuthorities.filter(({ chain: [issuer] }) => isIssuedBy(leaf, issuer))
  if (issuers.length === 0)
    throw new NotVerified(`has a certificate that no authority of trusted root ${root.name} issued`)
  if (leaf.ca) throw new NotVerified('has a certificate of an authority in place of one of a signer')
  if (!times.every((time) => isWithinValidity(leaf, time)))
    throw new NotVerified('has a certificate that was not valid when the signature was made')
  const issuer = issuers.find((authority) => times.every((time) => wasInOperation(authority, time)))
  if (issuer === undefined)
    throw new NotVerified('has a certificate of an authority that was not valid when the signature was made')
  return issuer
}

/** Whether an authority could sign at that time: by its validity in the root, and by its certificates up to the last one. */
export const wasInOperation = (authority: TrustedAuthority, time: Date): boolean =>
  isValidAt(authority.validity, time) &&
  authority.chain.every((certificate) => isWithinValidity(certificate, time)) &&
  isChain(authority)

const chains = new WeakMap<TrustedAuthority, boolean>()

/** Whether each certificate of an authority is issued by the next one, and those that issue are CAs; computed once. */
function isChain(authority: TrustedAuthority): boolean {
  const known = chains.get(authority)
  if (known !== undefined) return known
  const { chain } = authority
  // The first certificate of a timestamp authority is not a CA's.
  const signers = chain[0].ca ? 0 : 1
  const result = chain.every((certificate, depth) => {
    const next = chain[depth + 1]
    const isAuthority = certificate.ca && readPathLength(certificate) >= depth - signers
    return (depth < signers || isAuthority) && (next === undefined || isIssuedBy(certificate, next))
  })
  chains.set(authority, result)
  return result
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

const isWithinValidity = ({ validFrom, validTo }: X509Certificate, time: Date): boolean =>
  new Date(validFrom) <= time && time <= new Date(validTo)

/** How many certificates of authorities may follow below it. https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9 */
function readPathLength({ raw }: X509Certificate): number {
  try {
    const constraints = readCertificateParts(Buffer.from(raw)).extensions.get(BASIC_CONSTRAINTS)
    const length = constraints && readSequence(constraints.value).find(({ tag }) => tag === DER.integer)
    return length === undefined ? Infinity : length.content.readUIntBE(0, Math.min(length.content.length, 6))
  } catch (error) {
    if (error instanceof DerProblem) return -1
    throw error
  }
}
