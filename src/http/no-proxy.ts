import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

import { isLoopbackHost, parseLiteralAddress } from './address.ts'

type HostMatcher = (host: string, port: string) => boolean

/**
 * Parses NO_PROXY as Go's httpproxy does, so that all tools of a cluster agree: names, which include their subdomains;
 * `.name` and `*.name` for subdomains only; addresses; CIDR blocks; `*` for everything. All but a block may have a port.
 * Loopback hosts never use a proxy.
 */
export function parseNoProxy(text: string): (url: URL) => boolean {
  const entries = text
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
  const matchers = entries.includes('*') ? [() => true] : entries.map(createMatcher)
  return ({ protocol, hostname, port }) => {
    if (isLoopbackHost(hostname)) return true
    const host = parseLiteralAddress(hostname) ?? hostname
    const ownPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
    return matchers.some((matches) => matches(host, ownPort))
  }
}

/** A malformed entry matches nothing. */
function createMatcher(entry: string): HostMatcher {
  const block = /^(.+)\/(\d{1,3})$/.exec(entry)
  if (block !== null) return createBlockMatcher(block[1]!, Number(block[2]))
  const [, bracketed, name, port] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  const host = bracketed ?? name ?? entry
  const fits =
    isIP(host) === 0 ? createNameMatcher(host) : createBlockMatcher(host, isIP(host) === 4 ? 32 : 128)
  return (urlHost, urlPort) => (port === undefined || port === urlPort) && fits(urlHost, urlPort)
}

function createBlockMatcher(address: string, prefix: number): HostMatcher {
  const family = isIP(address)
  if (family === 0 || prefix > (family === 4 ? 32 : 128)) return () => false
  const list = new BlockList()
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}

function createNameMatcher(name: string): HostMatcher {
  const belowOnly = name.startsWith('.') || name.startsWith('*.')
  const bare = domainToASCII(name.replace(/^\*?\./, ''))
  if (bare === '') return () => false
  return (host) => isIP(host) === 0 && (host.endsWith(`.${bare}`) || (!belowOnly && host === bare))
}
