import { createPublicKey } from 'node:crypto'

import { isRecord, MalformedJson, parseJson } from '../../json.ts'
import { decodeBase64 } from '../base64.ts'
import { readPem } from '../pem.ts'
import { NotVerified } from './not-verified.ts'

/** What a bundle names to verify its signature with, in DER. */
export type BundleVerifier =
  | { readonly kind: 'certificate'; readonly der: Uint8Array }
  | { readonly kind: 'publicKey'; readonly der: Uint8Array }

/**
 * Requires that the body of a log entry names the very certificate or key that the bundle is verified with. An entry for the bare
 * key of a certificate says nothing of the certificate, and the same ECDSA signature is valid under other keys too.
 * Throws {@link NotVerified}.
 */
export function requireSameVerifier(body: Uint8Array, verifier: BundleVerifier): void {
  const found = readVerifier(parseBody(body))
  if (found?.kind !== verifier.kind || Buffer.compare(found.der, verifier.der) !== 0)
    throw new NotVerified(
      `has a log entry for another ${verifier.kind === 'certificate' ? 'certificate' : 'key'} than the one that signed`,
    )
}

function parseBody(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, 'the body of a log entry')
  } catch (error) {
    throw error instanceof MalformedJson
      ? new NotVerified(`has a log entry whose body ${error.problem}`)
      : error
  }
}

/** The place of the verifier in each kind of entry: PEM in base64 with Rekor 1, DER with Rekor 2. */
function readVerifier(body: unknown): BundleVerifier | undefined {
  const spec = at(body, 'spec')
  switch (`${String(at(body, 'kind'))} ${String(at(body, 'apiVersion'))}`) {
    case 'hashedrekord 0.0.1':
      return fromPem(at(spec, 'signature', 'publicKey', 'content'))
    case 'dsse 0.0.1':
      return fromPem(at(spec, 'signatures', 0, 'verifier'))
    case 'intoto 0.0.2':
      return fromPem(at(spec, 'content', 'envelope', 'signatures', 0, 'publicKey'))
    case 'hashedrekord 0.0.2':
      return fromDer(at(spec, 'hashedRekordV002', 'signature', 'verifier'))
    case 'dsse 0.0.2':
      return fromDer(at(spec, 'dsseV002', 'signatures', 0, 'verifier'))
    default:
      return undefined
  }
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value
  for (const step of path) {
    if (typeof step === 'number') found = Array.isArray(found) && found.length === 1 ? found[step] : undefined
    else found = isRecord(found) ? found[step] : undefined
  }
  return found
}

/** The block alone, as Rekor writes it: of several, readers would not choose the same. */
function fromPem(content: unknown): BundleVerifier | undefined {
  try {
    const { label, bytes } = readPem(Buffer.from(decodeBase64(content) ?? []).toString('latin1'), 'verifier')
    if (label === 'CERTIFICATE') return { kind: 'certificate', der: bytes }
    const key = createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' })
    return { kind: 'publicKey', der: key.export({ format: 'der', type: 'spki' }) }
  } catch {
    return undefined
  }
}

function fromDer(verifier: unknown): BundleVerifier | undefined {
  const certificate = decodeBase64(at(verifier, 'x509Certificate', 'rawBytes'))
  if (certificate !== undefined) return { kind: 'certificate', der: certificate }
  const der = decodeBase64(at(verifier, 'publicKey', 'rawBytes'))
  return der === undefined ? undefined : { kind: 'publicKey', der }
}
