import { WasmpackError } from '../errors.ts'

const AUTHORITY = /^https?:\/\/[^/\\?#]*/i
const PRINTABLE_TARGET = /^\/[\x21-\x5b\x5d-\x7e]*$/

/** An http or https URL, or an UNAVAILABLE error that does not repeat it: `what` says where it came from. */
export function parseUrl(url: string, what: string): URL {
  let parsed: URL | undefined
  try {
    parsed = new URL(url)
  } catch {
    // Told below, as any other that is none.
  }
  if (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') return parsed
  throw new WasmpackError('UNAVAILABLE', `${what} is not an http or https URL`)
}

/** Scheme, host and port: what decides who may see credentials. */
export const getOrigin = (url: string): string => parseUrl(url, 'the address of a request').origin

/**
 * A Location as an absolute URL. Its path and query stay byte for byte, since upload sessions are signed over them and
 * a URL parser would rewrite them.
 */
export function resolveLocation(base: string, location: string): string {
  if (AUTHORITY.test(location)) return location
  if (location.startsWith('//')) return new URL(base).protocol + location
  if (location.startsWith('/')) return getOrigin(base) + location
  if (!URL.canParse(location, base)) throw new WasmpackError('UNAVAILABLE', 'a Location is not a valid URL')
  return new URL(location, base).href
}

/** The path and query to put on the request line: as written where that is legal, else as the URL standard writes it. */
export function formatRequestTarget(url: string): string {
  const rest = url.replace(AUTHORITY, '').replace(/#.*$/s, '')
  const written = rest.startsWith('/') ? rest : `/${rest}`
  if (PRINTABLE_TARGET.test(written)) return written
  const parsed = new URL(url)
  return parsed.pathname + parsed.search
}

/** Adds a query parameter and leaves every other byte of the URL alone. */
export const addQuery = (url: string, name: string, value: string): string =>
  `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`
