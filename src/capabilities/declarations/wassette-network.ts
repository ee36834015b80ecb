import { type HostPattern, HostSet, coversHost, parseHostPattern } from '../values/host.ts'
import type { Translation } from './declaration-reader.ts'

/** The scheme, the host and the port of an entry; the last two parts of the scheme and of the port are optional. */
const ENTRY = /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:/[\]]+)(?::(\d{1,5}))?\/?$/

/**
 * An entry of `network.allow`. Wassette compares the host of HTTP requests, whatever their port, and opens all sockets with it; what
 * is granted is the host that is named, on every port unless it names one.
 */
export function translateWassetteHost(text: string): Translation {
  const [, scheme, host, port = '*'] = ENTRY.exec(text.trim()) ?? []
  if (host === undefined || parseHostPattern(host) === undefined)
    return { malformed: 'a host such as api.example.com or *.example.com' }
  if (scheme !== undefined)
    return { offers: [{ grant: 'http.outgoing', item: `${scheme}://${host}:${port}` }] }
  const endpoint = `${host}:${port}`
  const isAddress = parseHostPattern(host)?.kind === 'addresses'
  return {
    offers: [
      { grant: 'http.outgoing', item: endpoint },
      { grant: 'sockets.tcp', item: endpoint },
      { grant: 'sockets.udp', item: endpoint },
      ...(isAddress ? [] : [{ grant: 'sockets.dns', item: host } as const]),
    ],
  }
}

const parseEntry = (text: string): HostPattern | undefined =>
  parseHostPattern(ENTRY.exec(text.trim())?.[2] ?? text)

/** Finds the first of the entries that has a host in common with another entry; what is not understood has. */
export function createOverlapFinder(entries: readonly string[]): (entry: string) => string | undefined {
  const prepare = (text: string) => {
    const pattern = parseEntry(text)
    return { text, pattern, set: new HostSet(pattern === undefined ? [] : [pattern]) }
  }
  const others = entries.map(prepare)
  return (entry) => {
    const { pattern, set } = prepare(entry)
    return others.find(
      (other) =>
        pattern === undefined ||
        other.pattern === undefined ||
        coversHost([other.set], pattern) ||
        coversHost([set], other.pattern),
    )?.text
  }
}

/** Whether two patterns of paths may have a file in common, by what stands before their first wildcard. */
export function overlapsPath(one: string, other: string): boolean {
  const [left, right] = [listFixed(one), listFixed(other)]
  return left.every((segment, at) => right[at] === undefined || right[at] === segment)
}

function listFixed(uri: string): readonly string[] {
  const segments = uri
    .replace(/^fs:\/\//, '')
    .split('/')
    .filter((segment) => segment !== '')
  const wild = segments.findIndex((segment) => segment.includes('*'))
  return wild < 0 ? segments : segments.slice(0, wild)
}
