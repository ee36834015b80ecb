import { DER } from '../der.ts'
import {
  type DerElement,
  DerProblem,
  expectTag,
  readElements,
  readObjectIdentifier,
  readSequence,
} from './der-reader.ts'

export interface CertificateExtension {
  readonly critical: boolean
  readonly value: Buffer
}

/** The parts of a certificate that node:crypto does not show as they are. https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
export interface CertificateParts {
  /** The content of the number that its issuer gave it. */
  readonly serialNumber: Buffer
  /** The content of its issuer's name. */
  readonly issuer: Buffer
  /** The elements of the signed content. */
  readonly signed: readonly DerElement[]
  /** Each extension as it stands there. */
  readonly elements: readonly DerElement[]
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>
}

/** The tag of the extensions in the signed content. */
export const EXTENSIONS = 0xa3

/** Reads the parts of a certificate (version 3) in DER. Throws {@link DerProblem}. */
export function readCertificateParts(certificate: Buffer): CertificateParts {
  const [content] = readSequence(certificate)
  const signed = readElements(expectTag(content, DER.sequence).content)
  const [, serial, , issuer] = signed
  const wrapper = signed.find(({ tag }) => tag === EXTENSIONS)
  const elements = wrapper === undefined ? [] : readSequence(wrapper.content)
  const extensions = new Map<string, CertificateExtension>()
  for (const { whole } of elements) {
    const parts = readSequence(whole)
    const id = readObjectIdentifier(parts[0])
    if (extensions.has(id)) throw new DerProblem(`the extension ${id} twice`)
    const critical = parts.length === 3 && expectTag(parts[1], DER.boolean).content[0] !== 0
    extensions.set(id, { critical, value: expectTag(parts.at(-1), DER.octetString).content })
  }
  return {
    serialNumber: expectTag(serial, DER.integer).content,
    issuer: expectTag(issuer, DER.sequence).content,
    signed,
    elements,
    extensions,
  }
}
