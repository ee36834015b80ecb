import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

import { isLoopbackHost, parseLiteralAddress } from './address.ts'

type HostMatcher = (host: string, port: string) => boolean

/**
 * Whether a URL is to be reached without a proxy, by the text of NO_PROXY as Go's httpproxy reads it, so that every tool of a
 * cluster agrees: names with what is below them, `.name` and `*.name` for what is below only, addresses, CIDR blocks, each but
 * the last with a port if wanted, and `*` for everything. This machine is always reached without.
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
    const asked = port === '' ? (protocol === 'https:' ? '443' : '80') : port
    return matchers.some((matches) => matches(host, asked))
  }
}

/** What makes no sense matches nothing. */
function createMatcher(entry: string): HostMatcher {
  const block = /^(.+)\/(\d{1,3})$/.exec(entry)
  if (block !== null) return createBlockMatcher(block[1]!, Number(block[2]))
  const [, bracketed, name, port] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  const host = bracketed ?? name ?? entry
  const fits =
    isIP(host) === 0 ? createNameMatcher(host) : createBlockMatcher(host, isIP(host) === 4 ? 32 : 128)
  return (asked, askedPort) => (port === undefined || port === askedPort) && fits(asked, askedPort)
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
