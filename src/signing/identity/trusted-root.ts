import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

import { WasmpackError } from '../../errors.ts'
import { MalformedJson, parseJson } from '../../json.ts'
import { isPresent, type JsonRecord, StrictFields } from '../strict-fields.ts'

/**
 * The services whose word counts. One whose key or validity has no beginning, and one whose key is of an unknown kind, is left
 * out: nothing it said is accepted. https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto
 */
export interface TrustedRoot {
  /** For people: the file or the repository that it comes from. */
  readonly name: string
  readonly transparencyLogs: readonly TrustedLog[]
  readonly certificateLogs: readonly TrustedLog[]
  readonly certificateAuthorities: readonly TrustedAuthority[]
  readonly timestampAuthorities: readonly TrustedAuthority[]
}

/** When a service was in operation; no end means that it still is. */
export interface Validity {
  readonly start: Date
  readonly end?: Date
}

/** A transparency log, of signatures or of certificates. */
export interface TrustedLog {
  readonly baseUrl: string
  /** As its entries, checkpoints or timestamps name it. */
  readonly id: Buffer
  readonly key: KeyObject
  readonly validity: Validity
}

/** A certificate authority, or a timestamp authority. */
export interface TrustedAuthority {
  /** For people: its URI, or the name in its certificate. */
  readonly name: string
  /** From the one that signs to the root. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
  readonly validity: Validity
}

/** Where the bytes of a trusted root come from: a file, or a TUF repository. */
export interface TrustedRootSource {
  /** For people: the file or the repository. */
  readonly name: string
  /** The bytes of a `trusted_root.json`. */
  read(): Promise<Uint8Array>
}

const MEDIA_TYPES: ReadonlySet<unknown> = new Set([
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
])
/** In bytes; the root of the public instance has 7 KB. */
export const TRUSTED_ROOT_LIMIT = 1024 * 1024
const SERVICE_LIMIT = 256
const CHAIN_LIMIT = 16

/** Reads a trusted root. Throws TRUSTED_ROOT_INVALID for one that is malformed, ambiguous or has an unknown field. */
export function parseTrustedRoot(bytes: Uint8Array, name: string): TrustedRoot {
  const malformed = (problem: string, cause?: unknown): WasmpackError =>
    new WasmpackError('TRUSTED_ROOT_INVALID', `trusted root ${name} ${problem}`, {
      cause,
      hint: 'expected a trusted_root.json of Sigstore, as cosign trusted-root create writes it',
    })
  if (bytes.length > TRUSTED_ROOT_LIMIT) throw malformed(`is larger than ${TRUSTED_ROOT_LIMIT} bytes`)
  let value: unknown
  try {
    value = parseJson(bytes, name)
  } catch (error) {
    throw error instanceof MalformedJson ? malformed(error.problem, error) : error
  }
  const reader = new RootReader(malformed)
  return { name, ...reader.root(value) }
}

class RootReader extends StrictFields {
  root(value: unknown): Omit<TrustedRoot, 'name'> {
    const root = this.record(value, 'content', [
      'mediaType',
      'tlogs',
      'certificateAuthorities',
      'ctlogs',
      'timestampAuthorities',
    ])
    if (!MEDIA_TYPES.has(root['mediaType'])) throw this.malformed('has no mediaType of a trusted root')
    return {
      transparencyLogs: this.logs(root['tlogs'], 'tlogs'),
      certificateLogs: this.logs(root['ctlogs'], 'ctlogs'),
      certificateAuthorities: this.authorities(root['certificateAuthorities'], 'certificateAuthorities'),
      timestampAuthorities: this.authorities(root['timestampAuthorities'], 'timestampAuthorities'),
    }
  }

  private logs(value: unknown, what: string): readonly TrustedLog[] {
    const fields = ['baseUrl', 'hashAlgorithm', 'publicKey', 'logId', 'checkpointKeyId', 'operator']
    return this.records(value, what, fields, SERVICE_LIMIT).flatMap((log) => {
      const { rawBytes, keyDetails, validFor } = this.record(log['publicKey'], `${what}.publicKey`, [
        'rawBytes',
        'keyDetails',
        'validFor',
      ])
      const bytes = this.bytes(rawBytes, `${what}.publicKey.rawBytes`)
      const validity = this.validity(validFor, `${what}.publicKey.validFor`)
      const baseUrl = isPresent(log['baseUrl']) ? this.text(log['baseUrl'], `${what}.baseUrl`) : ''
      const ids = ['checkpointKeyId', 'logId'].flatMap((field) => this.keyId(log[field], `${what}.${field}`))
      const key = readLogKey(bytes, keyDetails)
      const id = ids[0]
      return validity === undefined || key === undefined || id === undefined
        ? []
        : [{ baseUrl, id, key, validity }]
    })
  }

  private keyId(value: unknown, what: string): readonly Buffer[] {
    return isPresent(value) ? [this.bytes(this.record(value, what, ['keyId'])['keyId'], `${what}.keyId`)] : []
  }

  private authorities(value: unknown, what: string): readonly TrustedAuthority[] {
    const fields = ['subject', 'uri', 'certChain', 'validFor', 'operator']
    return this.records(value, what, fields, SERVICE_LIMIT).flatMap((authority) => {
      const chain = this.chain(authority['certChain'], `${what}.certChain`)
      const validity = this.validity(authority['validFor'], `${what}.validFor`)
      const uri = isPresent(authority['uri']) ? this.text(authority['uri'], `${what}.uri`) : ''
      const subject = this.subject(authority['subject'], `${what}.subject`)
      const [first, ...rest] = chain
      return validity === undefined || first === undefined
        ? []
        : [{ name: uri || subject, chain: [first, ...rest], validity }]
    })
  }

  private subject(value: unknown, what: string): string {
    if (!isPresent(value)) return ''
    const { organization, commonName } = this.record(value, what, ['organization', 'commonName'])
    return [organization, commonName]
      .flatMap((part) => (isPresent(part) ? [this.text(part, what)] : []))
      .join(' ')
  }

  private chain(value: unknown, what: string): readonly X509Certificate[] {
    const { certificates } = this.record(value, what, ['certificates'])
    const items = this.records(certificates, `${what}.certificates`, ['rawBytes'], CHAIN_LIMIT)
    return items.map(({ rawBytes }) => {
      const der = this.bytes(rawBytes, `${what}.certificates.rawBytes`)
      try {
        return new X509Certificate(der)
      } catch {
        throw this.malformed(`has ${what} with a certificate that cannot be read`)
      }
    })
  }

  private validity(value: unknown, what: string): Validity | undefined {
    if (!isPresent(value)) return undefined
    const { start, end }: JsonRecord = this.record(value, what, ['start', 'end'])
    const until = isPresent(end) ? { end: this.time(end, `${what}.end`) } : {}
    return isPresent(start) ? { start: this.time(start, `${what}.start`), ...until } : undefined
  }
}

/** The key of a log; undefined for a kind that Node does not read. */
function readLogKey(bytes: Buffer, details: unknown): KeyObject | undefined {
  const type = typeof details === 'string' && details.startsWith('PKCS1_') ? 'pkcs1' : 'spki'
  try {
    return createPublicKey({ key: bytes, format: 'der', type })
  } catch {
    return undefined
  }
}

/** Whether the service was in operation at that time, both ends included. */
export const isValidAt = ({ start, end }: Validity, time: Date): boolean =>
  start <= time && (end === undefined || time <= end)
