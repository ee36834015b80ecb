import { WasmpackError } from '../errors.ts'

const AUTHORITY = /^https?:\/\/[^/\\?#]*/i
const PRINTABLE_TARGET = /^\/[\x21-\x5b\x5d-\x7e]*$/

/** Parses an http or https URL; `what` names it in the error. Throws UNAVAILABLE without quoting it. */
export function parseUrl(url: string, what: string): URL {
  let parsed: URL | undefined
  try {
    parsed = new URL(url)
  } catch {
    // Reported below.
  }
  if (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') return parsed
  throw new WasmpackError('UNAVAILABLE', `${what} is not an http or https URL`)
}

/** Scheme, host and port, which credentials are bound to. */
export const getOrigin = (url: string): string => parseUrl(url, 'the request URL').origin

/**
 * A Location header as an absolute URL. Path and query stay byte for byte, since upload URLs are signed and a URL parser
 * would rewrite them.
 */
export function resolveLocation(base: string, location: string): string {
  if (AUTHORITY.test(location)) return location
  if (location.startsWith('//')) return new URL(base).protocol + location
  if (location.startsWith('/')) return getOrigin(base) + location
  if (!URL.canParse(location, base))
    throw new WasmpackError('UNAVAILABLE', 'the Location header is not a valid URL')
  return new URL(location, base).href
}

/** The request target: path and query as written if legal, else as the URL standard writes them. */
export function formatRequestTarget(url: string): string {
  const rest = url.replace(AUTHORITY, '').replace(/#.*$/s, '')
  const written = rest.startsWith('/') ? rest : `/${rest}`
  if (PRINTABLE_TARGET.test(written)) return written
  const parsed = new URL(url)
  return parsed.pathname + parsed.search
}

/** Adds a query parameter; every other byte of the URL stays. */
export const addQuery = (url: string, name: string, value: string): string =>
  `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`
