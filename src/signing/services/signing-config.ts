import { WasmpackError } from '../../errors.ts'
import { isRecord, MalformedJson, parseJson } from '../../json.ts'
import { quoted } from '../../printable.ts'

/** A deployed service of Sigstore. */
export interface Service {
  readonly url: string
  readonly majorApiVersion: number
  /** Inclusive, in milliseconds since 1970; without an end it is still in use. */
  readonly validFrom: number
  readonly validUntil?: number
  /** Who runs it; of one operator at most one service is used. */
  readonly operator: string
}

/** How many services are used. */
export type Selector =
  | { readonly kind: 'ANY' }
  | { readonly kind: 'ALL' }
  | { readonly kind: 'EXACT'; readonly count: number }

/** Services of one kind, and how many of them are used; no selector where there are none. */
export interface ServiceList {
  readonly services: readonly Service[]
  readonly selector?: Selector
}

/**
 * The services that sign with.
 * https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto
 */
export interface SigningConfig {
  readonly certificateAuthorities: readonly Service[]
  readonly identityProviders: readonly Service[]
  readonly logs: ServiceList
  readonly timestampAuthorities: ServiceList
}

const MEDIA_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json'
const SERVICES_LIMIT = 64
const URL_LIMIT = 2048

type Malformed = (problem: string, cause?: unknown) => WasmpackError

/**
 * Reads a signing config, version 0.2. Throws SIGNING_CONFIG_INVALID for what other readers could read otherwise: unknown fields,
 * a key given twice, a service without a start of its validity. `name` begins the message.
 */
export function parseSigningConfig(bytes: Uint8Array, name: string): SigningConfig {
  const malformed: Malformed = (problem, cause) =>
    new WasmpackError('SIGNING_CONFIG_INVALID', `${name} ${problem}`, {
      hint: 'a signing config has version 0.2, as cosign signing-config create writes it',
      cause,
    })
  let json: unknown
  try {
    json = parseJson(bytes, name)
  } catch (error) {
    if (error instanceof MalformedJson) throw malformed(error.problem, error)
    throw error
  }
  const root = readFields(json, FIELDS, 'the document', malformed)
  if (root['mediaType'] !== MEDIA_TYPE)
    throw malformed(
      typeof root['mediaType'] === 'string'
        ? `has the media type ${quoted(root['mediaType'].slice(0, 120))}, not ${MEDIA_TYPE}`
        : 'has no mediaType',
    )
  const list = (field: string): readonly Service[] => readServices(root[field], field, malformed)
  const selected = (field: string, config: string): ServiceList => {
    const selector = readSelector(root[config], config, malformed)
    return { services: list(field), ...(selector && { selector }) }
  }
  return {
    certificateAuthorities: list('caUrls'),
    identityProviders: list('oidcUrls'),
    logs: selected('rekorTlogUrls', 'rekorTlogConfig'),
    timestampAuthorities: selected('tsaUrls', 'tsaConfig'),
  }
}

const FIELDS: ReadonlySet<string> = new Set([
  'mediaType',
  'caUrls',
  'oidcUrls',
  'rekorTlogUrls',
  'rekorTlogConfig',
  'tsaUrls',
  'tsaConfig',
])
const SERVICE_FIELDS: ReadonlySet<string> = new Set(['url', 'majorApiVersion', 'validFor', 'operator'])
const VALIDITY_FIELDS: ReadonlySet<string> = new Set(['start', 'end'])
const SELECTOR_FIELDS: ReadonlySet<string> = new Set(['selector', 'count'])

function readFields(
  value: unknown,
  known: ReadonlySet<string>,
  what: string,
  malformed: Malformed,
): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw malformed(`is malformed: ${what} is not an object`)
  const unknown = Object.keys(value).find((key) => !known.has(key))
  if (unknown !== undefined)
    throw malformed(`has an unknown field in ${what}: ${quoted(unknown.slice(0, 80))}`)
  return value
}

function readServices(value: unknown, field: string, malformed: Malformed): readonly Service[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw malformed(`is malformed: ${field} is not a list`)
  if (value.length > SERVICES_LIMIT)
    throw malformed(`has ${value.length} services in ${field}, more than ${SERVICES_LIMIT}`)
  return value.map((item, at) => readService(item, `${field}[${at}]`, malformed))
}

function readService(value: unknown, what: string, malformed: Malformed): Service {
  const { url, majorApiVersion, validFor, operator = '' } = readFields(value, SERVICE_FIELDS, what, malformed)
  if (typeof url !== 'string' || url.length > URL_LIMIT || !isServiceUrl(url))
    throw malformed(`has no http or https URL in ${what}.url`)
  if (!Number.isSafeInteger(majorApiVersion) || (majorApiVersion as number) < 1)
    throw malformed(`has no version in ${what}.majorApiVersion`)
  if (typeof operator !== 'string') throw malformed(`has an operator in ${what} that is not text`)
  const { start, end } = readFields(validFor ?? {}, VALIDITY_FIELDS, `${what}.validFor`, malformed)
  const validFrom = readTime(start)
  if (validFrom === undefined) throw malformed(`has no time in ${what}.validFor.start`)
  const validUntil = end === undefined || end === null ? undefined : readTime(end)
  if (end !== undefined && end !== null && validUntil === undefined)
    throw malformed(`has no time in ${what}.validFor.end`)
  return {
    url,
    majorApiVersion: majorApiVersion as number,
    validFrom,
    ...(validUntil !== undefined && { validUntil }),
    operator,
  }
}

/** Without user information, query and fragment: an address to which paths are added. */
export function isServiceUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return (protocol === 'https:' || protocol === 'http:') && username + password + search + hash === ''
}

/** Protobuf's JSON of a Timestamp is RFC 3339, mostly in UTC. */
const readTime = (value: unknown): number | undefined =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(value)
    ? nanToUndefined(Date.parse(value))
    : undefined

const nanToUndefined = (number: number): number | undefined => (Number.isNaN(number) ? undefined : number)

function readSelector(value: unknown, what: string, malformed: Malformed): Selector | undefined {
  const { selector, count = 0 } = readFields(value ?? {}, SELECTOR_FIELDS, what, malformed)
  if (!Number.isSafeInteger(count)) throw malformed(`has a count in ${what} that is not a whole number`)
  switch (selector) {
    case undefined:
    case null:
    case 'SERVICE_SELECTOR_UNDEFINED':
      return undefined
    case 'ANY':
    case 'ALL':
      return { kind: selector }
    case 'EXACT':
      if ((count as number) > 0) return { kind: 'EXACT', count: count as number }
      throw malformed(`has the selector EXACT in ${what} without a count`)
    default:
      throw malformed(`has an unknown selector in ${what}`)
  }
}
