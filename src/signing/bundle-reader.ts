import { X509Certificate } from 'node:crypto'

import type { WasmpackError } from '../errors.ts'
import { malformedDocument, parseDocument } from '../oci/document.ts'
import {
  type Bundle,
  BUNDLE_PREFIX,
  type BundleVersion,
  DIGEST_ALGORITHMS,
  type MessageDigest,
  type MessageSignature,
  type Testimony,
  type VerificationMaterial,
} from './bundle.ts'
import type { Envelope } from './dsse.ts'
import { isPresent, type JsonRecord, StrictFields } from './strict-fields.ts'

const VERSIONS: ReadonlyMap<unknown, BundleVersion> = new Map([
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', '0.3'],
])

/** In bytes. */
const RAW_SIGNATURE_LIMIT = 4096
/** The limits of sigstore-go, for log entries and for timestamps. */
const TESTIMONY_LIMIT = 32
const CHAIN_LIMIT = 16

const ENTRY_FIELDS = [
  'logIndex',
  'logId',
  'kindVersion',
  'integratedTime',
  'inclusionPromise',
  'inclusionProof',
  'canonicalizedBody',
]

/**
 * Reads a bundle of version 0.1 to 0.3; nothing in it is verified. Throws ARTIFACT_MALFORMED for one that is malformed or
 * ambiguous, or has an unknown field.
 */
export function parseBundle(bytes: Uint8Array, what = 'bundle'): Bundle {
  const malformed = (problem: string): WasmpackError => malformedDocument(what, problem)
  return new BundleReader(malformed).bundle(parseDocument(bytes, what))
}

/** Reads a DSSE envelope that stands alone; nothing in it is verified. Throws ARTIFACT_MALFORMED. */
export function parseEnvelope(bytes: Uint8Array, what = 'envelope'): Envelope {
  const malformed = (problem: string): WasmpackError => malformedDocument(what, problem)
  return new BundleReader(malformed).envelope(parseDocument(bytes, what))
}

class BundleReader extends StrictFields {
  bundle(value: JsonRecord): Bundle {
    const version = this.version(value['mediaType'])
    this.record(value, 'content', ['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'])
    const { verificationMaterial, messageSignature, dsseEnvelope } = value
    if (!isPresent(verificationMaterial)) throw this.malformed('has no verificationMaterial')
    if (isPresent(messageSignature) === isPresent(dsseEnvelope))
      throw this.malformed('has neither or both of a DSSE envelope and a messageSignature')
    const material = this.record(verificationMaterial, 'verificationMaterial', [
      'publicKey',
      'certificate',
      'x509CertificateChain',
      'tlogEntries',
      'timestampVerificationData',
    ])
    const common = { material: this.material(material, version), ...this.testimony(material), version }
    return isPresent(dsseEnvelope)
      ? { ...common, envelope: this.envelope(dsseEnvelope) }
      : { ...common, message: this.message(messageSignature) }
  }

  private version(mediaType: unknown): BundleVersion {
    const version = VERSIONS.get(mediaType)
    if (version !== undefined) return version
    throw this.malformed(
      typeof mediaType === 'string' && mediaType.startsWith(BUNDLE_PREFIX)
        ? `has the version ${JSON.stringify(mediaType.slice(BUNDLE_PREFIX.length, 80))}, not 0.1, 0.2 or 0.3`
        : 'has no mediaType of a Sigstore bundle',
    )
  }

  envelope(value: unknown): Envelope {
    const { payloadType, payload, signatures } = this.record(value, 'dsseEnvelope', [
      'payload',
      'payloadType',
      'signatures',
    ])
    const signed = this.records(signatures, 'signatures of the envelope', ['sig', 'keyid'], 1)
    if (signed.length === 0) throw this.malformed('has an envelope without a signature')
    return {
      payloadType: this.text(payloadType, 'payloadType'),
      payload: this.bytes(payload, 'payload'),
      signature: this.signature(signed[0]!['sig']),
    }
  }

  private message(value: unknown): MessageSignature {
    const { messageDigest, signature } = this.record(value, 'messageSignature', [
      'messageDigest',
      'signature',
    ])
    return {
      signature: this.signature(signature),
      ...(isPresent(messageDigest) && { digest: this.digest(messageDigest) }),
    }
  }

  private digest(value: unknown): MessageDigest {
    const { algorithm, digest } = this.record(value, 'messageDigest', ['algorithm', 'digest'])
    const found = (Object.keys(DIGEST_ALGORITHMS) as MessageDigest['algorithm'][]).find(
      (name) => DIGEST_ALGORITHMS[name] === algorithm,
    )
    if (found === undefined) throw this.malformed('has a messageDigest of an unknown algorithm')
    return { algorithm: found, value: this.bytes(digest, 'messageDigest') }
  }

  private signature(value: unknown): Uint8Array {
    const signature = this.bytes(value, 'signature')
    if (signature.length > RAW_SIGNATURE_LIMIT)
      throw this.malformed(`has a signature of ${signature.length} bytes`)
    return signature
  }

  private material(
    { publicKey, certificate, x509CertificateChain: chain }: JsonRecord,
    version: BundleVersion,
  ): VerificationMaterial {
    if ([publicKey, certificate, chain].filter(isPresent).length !== 1)
      throw this.malformed('does not name exactly one key or certificate')
    if (isPresent(publicKey)) {
      const { hint } = this.record(publicKey, 'publicKey', ['hint'])
      return { kind: 'publicKey', hint: isPresent(hint) ? this.text(hint, 'publicKey.hint') : '' }
    }
    if (isPresent(chain) && version === '0.3')
      throw this.malformed('of version 0.3 has a chain in place of a certificate')
    const certificates = isPresent(chain)
      ? this.records(
          this.record(chain, 'x509CertificateChain', ['certificates'])['certificates'],
          'certificates',
          ['rawBytes'],
          CHAIN_LIMIT,
        )
      : [this.record(certificate, 'certificate', ['rawBytes'])]
    if (certificates.length === 0) throw this.malformed('has a chain without certificates')
    const [leaf, ...others] = certificates.map(({ rawBytes }) => this.bytes(rawBytes, 'certificate'))
    if (others.some((certificate) => isRoot(certificate)))
      throw this.malformed('has a chain with a root certificate, which must come from a trusted root')
    return { kind: 'certificate', certificate: leaf! }
  }

  private testimony({ tlogEntries, timestampVerificationData: timestamps }: JsonRecord): Testimony {
    const entries = this.records(tlogEntries, 'log entries', ENTRY_FIELDS, TESTIMONY_LIMIT)
    const { rfc3161Timestamps } = isPresent(timestamps)
      ? this.record(timestamps, 'timestampVerificationData', ['rfc3161Timestamps'])
      : {}
    return {
      tlogEntries: entries,
      timestamps: this.records(rfc3161Timestamps, 'timestamps', ['signedTimestamp'], TESTIMONY_LIMIT).map(
        ({ signedTimestamp }) => this.bytes(signedTimestamp, 'timestamp'),
      ),
    }
  }
}

/** Whether a certificate names itself as its issuer; one that cannot be read is not looked at by anyone. */
function isRoot(der: Uint8Array): boolean {
  try {
    const { subject, issuer } = new X509Certificate(der)
    return subject === issuer
  } catch {
    return false
  }
}
