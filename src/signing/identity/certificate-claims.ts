import { DER } from '../der.ts'
import type { Identity } from '../verified-signer.ts'
import { type CertificateExtension, readCertificateParts } from './certificate-extensions.ts'
import {
  type DerElement,
  DerProblem,
  expectTag,
  readElement,
  readElements,
  readObjectIdentifier,
  readSequence,
} from './der-reader.ts'

/** What a certificate says of its holder and its use. Nothing of it is verified. */
export interface CertificateClaims {
  readonly identity: Identity
  /** Object identifiers of the purposes that it may serve; absent if it does not say. */
  readonly purposes?: readonly string[]
  /** Object identifiers of the extensions that a verifier must understand. */
  readonly critical: readonly string[]
}

/** The claims, or why there are none: a phrase without a subject. */
export type ReadClaims =
  | ({ readonly kind: 'claims' } & CertificateClaims)
  | { readonly kind: 'unreadable'; readonly problem: string }

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const EXTENDED_KEY_USAGE = '2.5.29.37'
/** A user name in an otherName. https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const USER_NAME = '1.3.6.1.4.1.57264.1.7'
const FULCIO = '1.3.6.1.4.1.57264.1'
const ISSUER = { text: `${FULCIO}.1`, der: `${FULCIO}.8` }
const REPOSITORY = { text: `${FULCIO}.5`, der: `${FULCIO}.12` }
const REF = { text: `${FULCIO}.6`, der: `${FULCIO}.14` }
/** Of a context-specific tag in a GeneralName. */
const GENERAL_NAME = { otherName: 0xa0, email: 0x81, uri: 0x86 } as const
/** In bytes. */
const NAME_LIMIT = 4096

/** Reads the claims of a certificate in DER, without verifying anything: cheap enough for a thousand foreign ones. */
export function readCertificateClaims(certificate: Uint8Array): ReadClaims {
  try {
    const { extensions } = readCertificateParts(Buffer.from(certificate))
    const subject = readSubject(extensions.get(SUBJECT_ALTERNATIVE_NAME)?.value)
    const issuer = readText(extensions, ISSUER)
    if (issuer === undefined) return unreadable('has a certificate that names no issuer of identities')
    const repository = readText(extensions, REPOSITORY)
    const ref = readText(extensions, REF)
    const purposes = extensions.get(EXTENDED_KEY_USAGE)?.value
    return {
      kind: 'claims',
      identity: {
        kind: 'identity',
        subject,
        issuer,
        ...(repository !== undefined && {
          source: { repository, ...(ref !== undefined && { ref }) },
        }),
      },
      ...(purposes && { purposes: readSequence(purposes).map((one) => readObjectIdentifier(one)) }),
      critical: [...extensions].flatMap(([id, { critical }]) => (critical ? [id] : [])),
    }
  } catch (error) {
    if (error instanceof DerProblem)
      return unreadable(`has a certificate that cannot be read (${error.message})`)
    if (error instanceof ClaimProblem) return unreadable(error.message)
    throw error
  }
}

class ClaimProblem extends Error {
  override readonly name = 'ClaimProblem'
}

const unreadable = (problem: string): ReadClaims => ({ kind: 'unreadable', problem })

/** The only name of the certificate, whatever its kind. */
function readSubject(value: Buffer | undefined): string {
  const names = value === undefined ? [] : readSequence(value)
  if (names.length !== 1)
    throw new ClaimProblem(`has a certificate with ${names.length} identities in place of one`)
  const name = names[0]!
  switch (name.tag) {
    case GENERAL_NAME.email:
    case GENERAL_NAME.uri:
      return decodeName(name.content)
    case GENERAL_NAME.otherName:
      return readUserName(name)
    default:
      throw new ClaimProblem('has a certificate whose identity is no e-mail address, URI or user name')
  }
}

function readUserName({ content }: DerElement): string {
  const [id, value] = readElements(content)
  if (readObjectIdentifier(id) !== USER_NAME)
    throw new ClaimProblem('has a certificate whose identity is of an unknown kind')
  return decodeName(readElement(expectTag(value, 0xa0).content, DER.utf8String).content)
}

/** An extension of Fulcio, in its newer form (a string in DER) or its older one (bare text): alike if there are both. */
function readText(
  extensions: ReadonlyMap<string, CertificateExtension>,
  ids: { readonly text: string; readonly der: string },
): string | undefined {
  const older = extensions.get(ids.text)?.value
  const newer = extensions.get(ids.der)?.value
  const texts = [
    ...(newer === undefined ? [] : [decodeName(readElement(newer, DER.utf8String).content)]),
    ...(older === undefined ? [] : [decodeName(older)]),
  ]
  if (ids === ISSUER && texts.length === 2 && texts[0] !== texts[1])
    throw new ClaimProblem('has a certificate that names two issuers of identities')
  return texts[0]
}

/** Names are UTF-8, so that no two different names are the same text. */
function decodeName(bytes: Buffer): string {
  if (bytes.length === 0 || bytes.length > NAME_LIMIT)
    throw new ClaimProblem(`has a certificate with a name of ${bytes.length} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ClaimProblem('has a certificate with a name that is not valid UTF-8')
  }
}
