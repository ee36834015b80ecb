import { BlockList, isIP } from 'node:net'

/**
 * The scope of an IP address: `reserved` is link-local, cloud metadata, unspecified and multicast, `private` a local
 * network, `loopback` this machine.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'reserved'

type Subnet = readonly [address: string, prefix: number, family: 'ipv4' | 'ipv6']

function createBlockList(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList()
  for (const [address, prefix, family] of subnets) list.addSubnet(address, prefix, family)
  return list
}

const LOOPBACK = createBlockList([
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
])
const RESERVED = createBlockList([
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  // Metadata services outside of the link-local range: Alibaba, Oracle, and AWS over IPv6.
  ['100.100.100.200', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
  ['fd00:ec2::', 32, 'ipv6'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
])
const PRIVATE = createBlockList([
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
])

/** Classifies an IP address; one of IPv4 that is mapped into IPv6 counts as the IPv4 address. */
export function classifyAddress(address: string): AddressKind {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(address, family)) return 'loopback'
  if (RESERVED.check(address, family)) return 'reserved'
  return PRIVATE.check(address, family) ? 'private' : 'public'
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
