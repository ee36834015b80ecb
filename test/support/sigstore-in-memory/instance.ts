import { createHash, type KeyObject, sign } from 'node:crypto'

import { canonicalJson } from '../../../src/json.ts'
import { encodePreAuth } from '../../../src/signing/dsse.ts'
import { parseTrustedRoot, type TrustedRoot } from '../../../src/signing/identity/trusted-root.ts'
import { CertificateLog, type LeafOptions, START, TestAuthority } from './certificate-authority.ts'
import { TestTimestampAuthority } from './timestamp-authority.ts'
import { type EntryJson, TestLog } from './transparency-log.ts'
import { type KeyPair, newKeyPair, toPem, toSpki } from './x509.ts'

/** When the tests sign: a minute after their certificates begin. */
export const SIGNED_AT = new Date(START.getTime() + 60_000)

const IN_TOTO = 'application/vnd.in-toto+json'

/** JSON that a test may change before it is read. */
export type Changeable = Record<string, any>

/** What is in a log entry, as its makers have it. */
export interface EntryContent {
  readonly payload: Uint8Array
  readonly payloadType: string
  readonly signature: Uint8Array
  /** The certificate, or the public key in SPKI form. */
  readonly verifier: { readonly kind: 'certificate' | 'publicKey'; readonly der: Uint8Array }
}

export interface SigningOptions extends LeafOptions {
  readonly payload?: Uint8Array
  readonly payloadType?: string
  readonly pair?: KeyPair
  readonly curve?: string
  readonly authority?: TestAuthority
  /** The makers of entries; a `dsse` entry of the first version by default. */
  readonly entries?: readonly ((content: EntryContent) => EntryJson)[]
  readonly timestamps?: readonly ((signature: Uint8Array) => Uint8Array)[]
  /** Leaves the certificate out: the signature is by the bare key. */
  readonly withKey?: boolean
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const HASHES: Readonly<Record<string, string>> = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' }

/** A whole Sigstore in memory, with keys of its own: authorities and logs that sign whatever a test asks for. */
export class TestSigstore {
  readonly authority = new TestAuthority()
  readonly certificateLog = new CertificateLog()
  readonly rekor1 = new TestLog(1)
  readonly rekor2 = new TestLog(2)
  readonly timestamps = new TestTimestampAuthority()

  /** Its trusted root in JSON. */
  rootJson(): Changeable {
    const validFor = { start: START.toISOString() }
    const log = (
      url: string,
      key: KeyObject,
      id: Buffer,
      keyDetails = 'PKIX_ECDSA_P256_SHA_256',
    ): Changeable => ({
      baseUrl: url,
      hashAlgorithm: 'SHA2_256',
      publicKey: { rawBytes: base64(toSpki(key)), keyDetails, validFor: { ...validFor } },
      logId: { keyId: base64(id) },
    })
    const service = (uri: string, chain: readonly Buffer[]): Changeable => ({
      subject: { organization: 'example.com', commonName: uri },
      uri,
      certChain: { certificates: chain.map((der) => ({ rawBytes: base64(der) })) },
      validFor: { ...validFor },
    })
    const { rekor1, rekor2, certificateLog, authority, timestamps } = this
    return {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [
        log(rekor1.url, rekor1.pair.publicKey, rekor1.id),
        log(rekor2.url, rekor2.pair.publicKey, rekor2.id, 'PKIX_ED25519'),
      ],
      certificateAuthorities: [
        service('https://fulcio.example.com', [authority.intermediate, authority.root]),
      ],
      ctlogs: [log('https://ct.example.com', certificateLog.pair.publicKey, certificateLog.id)],
      timestampAuthorities: [service('https://tsa.example.com', [timestamps.certificate, timestamps.root])],
    }
  }

  root(change: (root: Changeable) => void = () => undefined): TrustedRoot {
    const json = this.rootJson()
    change(json)
    return parseTrustedRoot(Buffer.from(JSON.stringify(json)), 'root.json')
  }

  /** An entry of the log of version 1 that names the certificate or key. */
  readonly dsse = (content: EntryContent): EntryJson => this.rekor1.add(dsseBody(content), SIGNED_AT)

  /** An entry of the log of version 2. */
  readonly hashedRekord = (content: EntryContent): EntryJson =>
    this.rekor2.add(hashedRekordBody(content), SIGNED_AT)

  readonly timestamp = (signature: Uint8Array): Uint8Array => this.timestamps.stamp(signature, SIGNED_AT)

  /** A bundle of version 0.3 with an envelope, in JSON. */
  sign(options: SigningOptions = {}): Changeable {
    const {
      payload = Buffer.from('{}'),
      payloadType = IN_TOTO,
      curve = 'P-256',
      pair = newKeyPair(curve),
      authority = this.authority,
      entries = [this.dsse],
      timestamps = [],
      withKey = false,
      ...leaf
    } = options
    const signature = sign(HASHES[curve], encodePreAuth({ payloadType, payload }), pair.privateKey)
    const der = withKey
      ? toSpki(pair.publicKey)
      : authority.issue(pair.publicKey, { logs: [this.certificateLog], ...leaf })
    const verifier = { kind: withKey ? ('publicKey' as const) : ('certificate' as const), der }
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        ...(withKey ? { publicKey: { hint: '' } } : { certificate: { rawBytes: base64(der) } }),
        tlogEntries: entries.map((make) => make({ payload, payloadType, signature, verifier })),
        timestampVerificationData: {
          rfc3161Timestamps: timestamps.map((stamp) => ({ signedTimestamp: base64(stamp(signature)) })),
        },
      },
      dsseEnvelope: {
        payload: base64(payload),
        payloadType,
        signatures: [{ sig: base64(signature) }],
      },
    }
  }
}

const digest = (bytes: Uint8Array, algorithm = 'sha256'): Buffer =>
  createHash(algorithm).update(bytes).digest()

/** As Rekor 1 writes it. */
export const dsseBody = ({ payload, payloadType, signature, verifier }: EntryContent): Changeable => ({
  apiVersion: '0.0.1',
  kind: 'dsse',
  spec: {
    envelopeHash: {
      algorithm: 'sha256',
      value: digest(Buffer.from(canonicalJson({ payloadType }))).toString('hex'),
    },
    payloadHash: { algorithm: 'sha256', value: digest(payload).toString('hex') },
    signatures: [{ signature: base64(signature), verifier: base64(Buffer.from(verifierPem(verifier))) }],
  },
})

/** As Rekor 2 writes it. */
export const hashedRekordBody = ({
  payload,
  payloadType,
  signature,
  verifier,
}: EntryContent): Changeable => ({
  apiVersion: '0.0.2',
  kind: 'hashedrekord',
  spec: {
    hashedRekordV002: {
      data: { algorithm: 'SHA2_256', digest: base64(digest(encodePreAuth({ payloadType, payload }))) },
      signature: {
        content: base64(signature),
        verifier: {
          [verifier.kind === 'certificate' ? 'x509Certificate' : 'publicKey']: {
            rawBytes: base64(verifier.der),
          },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    },
  },
})

/** For messages, and in older bundles also for envelopes, as Rekor 1 writes it. */
export const messageBody = (
  message: Uint8Array,
  signature: Uint8Array,
  verifier: EntryContent['verifier'],
): Changeable => ({
  apiVersion: '0.0.1',
  kind: 'hashedrekord',
  spec: {
    data: { hash: { algorithm: 'sha256', value: digest(message).toString('hex') } },
    signature: {
      content: base64(signature),
      publicKey: { content: base64(Buffer.from(verifierPem(verifier))) },
    },
  },
})

const verifierPem = ({ kind, der }: EntryContent['verifier']): string =>
  toPem(kind === 'certificate' ? 'CERTIFICATE' : 'PUBLIC KEY', der)
