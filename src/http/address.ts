import { BlockList, isIP } from 'node:net'

import { findEmbeddedIpv4, formatIpv4, parseIpAddress } from '../hosts/ip-address.ts'
import { normalizeHostName } from '../hosts/registry-host.ts'

/**
 * The scope of an IP address: `reserved` is link-local, cloud metadata, unspecified, multicast and what embeds an IPv4 address,
 * `private` a local network, `loopback` this machine.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'reserved'

type Subnet = readonly [address: string, prefix: number, family: 'ipv4' | 'ipv6']

/** Is built when it is first asked: a request to a registry on this machine needs the shortest only. */
class AddressRange {
  readonly #subnets: readonly Subnet[]
  #list: BlockList | undefined

  constructor(...subnets: readonly Subnet[]) {
    this.#subnets = subnets
  }

  has(address: string): boolean {
    if (this.#list === undefined) {
      this.#list = new BlockList()
      for (const [subnet, prefix, family] of this.#subnets) this.#list.addSubnet(subnet, prefix, family)
    }
    return this.#list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
}

const LOOPBACK = new AddressRange(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'])
const RESERVED = new AddressRange(
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  // Metadata services outside of the link-local range: Alibaba, Oracle, Azure and Equinix; AWS, Google and Scaleway over IPv6.
  ['100.100.100.200', 32, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['192.80.8.124', 32, 'ipv4'],
  ['fd00:ec2::', 32, 'ipv6'],
  ['fd20:ce::', 32, 'ipv6'],
  ['fd00:42::42', 128, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
)
const PRIVATE = new AddressRange(
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
)
/** Metadata services by name, which a proxy would resolve. */
const METADATA_NAME =
  /^(?:metadata|instance-data|metadata\.(?:goog|google\.internal|azure\.internal|azure\.com|packet\.net|platformequinix\.com|tencentyun\.com)|(?:.*\.)?metadata\.google\.internal|instance-data(?:\.[a-z0-9-]+)?\.(?:ec2|compute)\.internal)$/

/**
 * Classifies an IP address that a name resolved to; an IPv4 address that is mapped into IPv6 counts as itself, and so does one of NAT64, which
 * networks without IPv4 resolve all names of IPv4 to. Other addresses that embed one of IPv4 are reserved.
 */
export function classifyAddress(written: string): AddressKind {
  const address = written.replace(/%.*$/s, '')
  const value = parseIpAddress(address)
  const embedded = value && findEmbeddedIpv4(value)
  if (embedded?.by === 'NAT64') return classifyAddress(formatIpv4(embedded.value))
  if (embedded !== undefined) return 'reserved'
  if (LOOPBACK.has(address)) return 'loopback'
  if (RESERVED.has(address)) return 'reserved'
  return PRIVATE.has(address) ? 'private' : 'public'
}

/**
 * Classifies a URL's host by its text: an IP address, of which also one of NAT64 is reserved, `localhost`, and the names of metadata
 * services; undefined for another name, which has to be resolved.
 */
export function classifyHost(hostname: string): AddressKind | undefined {
  const literal = parseLiteralAddress(hostname)
  if (literal !== undefined) {
    const value = parseIpAddress(literal)
    return value && findEmbeddedIpv4(value) ? 'reserved' : classifyAddress(literal)
  }
  const name = normalizeHostName(hostname)
  if (METADATA_NAME.test(name)) return 'reserved'
  return name === 'localhost' ? 'loopback' : undefined
}

/** The IP address in a URL's host, without the brackets of IPv6; undefined for a name. */
export function parseLiteralAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? undefined : bare
}

/** Whether a URL's host can only be this machine: `localhost`, 127.0.0.0/8, `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  const literal = parseLiteralAddress(hostname)
  return literal === undefined ? hostname === 'localhost' : classifyAddress(literal) === 'loopback'
}
