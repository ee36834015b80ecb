import { createHash, type KeyObject } from 'node:crypto'

import { encodeDer } from '../../../src/signing/der.ts'
import {
  authorityExtensions,
  type CertificateFields,
  distinguishedName,
  extension,
  keyIdentifiers,
  type KeyPair,
  newKeyPair,
  octets,
  oid,
  sequence,
  signEcdsa,
  toSpki,
  utf8,
  writeCertificate,
  writeSignedContent,
} from './x509.ts'

export const START = new Date('2026-01-01T00:00:00Z')
export const END = new Date('2036-01-01T00:00:00Z')

/** The kinds of names that Fulcio writes. */
export type TestName =
  | { readonly email: string | Buffer }
  | { readonly uri: string | Buffer }
  | { readonly userName: string }

/** What a certificate is to say. */
export interface LeafOptions {
  readonly names?: readonly TestName[]
  readonly issuer?: string
  /** Strings by the last number of Fulcio's object identifiers. */
  readonly claims?: Readonly<Record<number, string>>
  readonly from?: Date
  readonly to?: Date
  /** Object identifier of what it may sign; code by default. */
  readonly purpose?: string
  readonly extensions?: readonly Uint8Array[]
  /** That record it. */
  readonly logs?: readonly CertificateLog[]
  /** When they do. */
  readonly recordedAt?: Date
}

export const FULCIO = '1.3.6.1.4.1.57264.1'

/** A certificate transparency log. */
export class CertificateLog {
  readonly pair: KeyPair = newKeyPair()
  readonly id = createHash('sha256').update(toSpki(this.pair.publicKey)).digest()

  /** A timestamp for a certificate without timestamps. https://www.rfc-editor.org/rfc/rfc6962#section-3.2 */
  stamp(content: Uint8Array, issuerKey: KeyObject, at: Date): Buffer {
    const time = Buffer.alloc(8)
    time.writeBigUInt64BE(BigInt(at.getTime()))
    const signed = Buffer.concat([
      Buffer.from([0, 0]),
      time,
      Buffer.from([0, 1]),
      createHash('sha256').update(toSpki(issuerKey)).digest(),
      uint(content.length, 3),
      content,
      Buffer.from([0, 0]),
    ])
    const signature = signEcdsa(this.pair.privateKey, signed)
    return Buffer.concat([
      Buffer.from([0]),
      this.id,
      time,
      Buffer.from([0, 0, 4, 3]),
      uint(signature.length, 2),
      signature,
    ])
  }
}

const uint = (value: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, 0, size)
  return bytes
}

/** A certificate authority with one intermediate. */
export class TestAuthority {
  readonly rootPair: KeyPair
  readonly pair: KeyPair
  readonly root: Buffer
  readonly intermediate: Buffer
  private readonly subject: Uint8Array
  private serial = 100

  constructor(
    name = 'test intermediate',
    {
      curve = 'P-256',
      pathLength = 0,
      rootPathLength,
      to = END,
    }: { curve?: string; pathLength?: number; rootPathLength?: number; to?: Date } = {},
  ) {
    this.rootPair = newKeyPair(curve)
    this.pair = newKeyPair(curve)
    this.subject = distinguishedName(name)
    const rootName = distinguishedName(`${name} root`)
    const common = { from: START, to: END }
    this.root = writeCertificate(
      {
        ...common,
        serial: 1,
        issuer: rootName,
        subject: rootName,
        key: this.rootPair.publicKey,
        extensions: [
          ...authorityExtensions(rootPathLength),
          ...keyIdentifiers(this.rootPair.publicKey, this.rootPair.publicKey),
        ],
      },
      this.rootPair.privateKey,
    )
    this.intermediate = writeCertificate(
      {
        ...common,
        to,
        serial: 2,
        issuer: rootName,
        subject: this.subject,
        key: this.pair.publicKey,
        extensions: [
          ...authorityExtensions(pathLength),
          ...keyIdentifiers(this.pair.publicKey, this.rootPair.publicKey),
        ],
      },
      this.rootPair.privateKey,
    )
  }

  /** A certificate for ten minutes, unless told otherwise. */
  issue(key: KeyObject, options: LeafOptions): Buffer {
    const { logs = [], recordedAt = START } = options
    const fields = this.fields(key, options)
    const content = writeSignedContent(fields)
    const stamps = logs.map((log) => log.stamp(content, this.pair.publicKey, recordedAt))
    const list = Buffer.concat(stamps.map((stamp) => Buffer.concat([uint(stamp.length, 2), stamp])))
    const recorded =
      stamps.length === 0
        ? []
        : [extension('1.3.6.1.4.1.11129.2.4.2', octets(Buffer.concat([uint(list.length, 2), list])))]
    return writeCertificate(
      { ...fields, extensions: [...fields.extensions, ...recorded] },
      this.pair.privateKey,
    )
  }

  private fields(
    key: KeyObject,
    {
      names = [{ email: 'dev@example.com' }],
      issuer = 'https://sso.example.com',
      claims = {},
      from = START,
      to = new Date(from.getTime() + 600_000),
      purpose = '1.3.6.1.5.5.7.3.3',
      extensions = [],
    }: LeafOptions,
  ): CertificateFields {
    return {
      serial: this.serial++,
      issuer: this.subject,
      subject: sequence(),
      key,
      from,
      to,
      extensions: [
        extension('2.5.29.15', Buffer.from([3, 2, 7, 0x80]), true),
        extension('2.5.29.37', sequence(oid(purpose))),
        ...keyIdentifiers(key, this.pair.publicKey),
        ...(names.length === 0
          ? []
          : [extension('2.5.29.17', sequence(...names.map((name) => writeName(name))), true)]),
        extension(`${FULCIO}.1`, Buffer.from(issuer)),
        extension(`${FULCIO}.8`, utf8(issuer)),
        ...Object.entries(claims).map(([id, text]) => extension(`${FULCIO}.${id}`, utf8(text))),
        ...extensions,
      ],
    }
  }
}

function writeName(name: TestName): Uint8Array {
  if ('email' in name) return encodeDer(0x81, Buffer.from(name.email))
  if ('uri' in name) return encodeDer(0x86, Buffer.from(name.uri))
  return encodeDer(0xa0, oid(`${FULCIO}.7`), encodeDer(0xa0, utf8(name.userName)))
}
