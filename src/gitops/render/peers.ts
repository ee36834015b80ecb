import type { Grants } from '../../capabilities/manifest/grant-table.ts'
import type { AddressRange } from '../../capabilities/values/address.ts'
import { type Endpoint, parseHttpEndpoints, parseSocketEndpoint } from '../../capabilities/values/endpoint.ts'
import { type HostPattern, parseHostPattern } from '../../capabilities/values/host.ts'

export type Protocol = 'TCP' | 'UDP'

/** An address with a port that a module is granted. */
export interface Peer {
  readonly host: HostPattern
  readonly port: number | '*'
  readonly protocol: Protocol
}

/** Whom a module may connect to: the peers of its sockets and the hosts of its requests. */
export const listPeers = ({ http, sockets }: Grants): readonly Peer[] => [
  ...toPeers('TCP', http?.outgoing?.hosts.flatMap((text) => parseHttpEndpoints(text) ?? []) ?? []),
  ...toPeers('TCP', parsePeers(sockets?.tcp?.connect)),
  ...toPeers('UDP', parsePeers(sockets?.udp?.connect)),
]

/** Ports on which a module may listen on every address of its pod. */
export const listListeners = ({ sockets }: Grants): readonly Peer[] =>
  [
    ...toPeers('TCP', parsePeers(sockets?.tcp?.listen)),
    ...toPeers('UDP', parsePeers(sockets?.udp?.listen)),
  ].filter(({ host }) => host.kind === 'any')

/** Names that a module may look up, those of its peers among them. */
export const listLookedUp = (grants: Grants): readonly HostPattern[] => [
  ...listPeers(grants)
    .map(({ host }) => host)
    .filter(({ kind }) => kind === 'name' || kind === 'below'),
  ...(grants.sockets?.dns ?? []).flatMap((text) => parseHostPattern(text) ?? []),
]

const parsePeers = (texts: readonly string[] = []): readonly Endpoint[] =>
  texts.flatMap((text) => parseSocketEndpoint(text) ?? [])

const toPeers = (protocol: Protocol, endpoints: readonly Endpoint[]): readonly Peer[] =>
  endpoints.map(({ host, port }) => ({ host, port, protocol }))

/** Groups peers by protocol and port, in an order that does not depend on theirs. */
export function groupByPort(peers: readonly Peer[]): readonly {
  readonly protocol: Protocol
  readonly port: number | '*'
  readonly hosts: readonly HostPattern[]
}[] {
  const groups = new Map<string, { protocol: Protocol; port: number | '*'; hosts: HostPattern[] }>()
  for (const { host, port, protocol } of peers) {
    const key = `${protocol} ${port === '*' ? '' : String(port).padStart(5, '0')}`
    const group = groups.get(key) ?? { protocol, port, hosts: [] }
    group.hosts.push(host)
    groups.set(key, group)
  }
  return [...groups.keys()].toSorted().map((key) => groups.get(key)!)
}

/** CIDR notation in the canonical form, sorted and each once. */
export const listCidrs = (hosts: readonly HostPattern[]): readonly string[] =>
  [
    ...new Set(hosts.flatMap((host) => (host.kind === 'addresses' ? [formatCidr(host.range)] : []))),
  ].toSorted()

function formatCidr({ family, first, last }: AddressRange): string {
  const bits = family === 4 ? 32 : 128
  const length = bits - (last - first).toString(2).replace(/^0$/, '').length
  const groups = (count: number, width: bigint, base: number): string[] =>
    Array.from({ length: count }, (_, at) =>
      ((first >> (BigInt(count - 1 - at) * width)) & ((1n << width) - 1n)).toString(base),
    )
  // https://www.rfc-editor.org/rfc/rfc5952, which the URL standard follows.
  const address =
    family === 4
      ? groups(4, 8n, 10).join('.')
      : new URL(`http://[${groups(8, 16n, 16).join(':')}]`).hostname.slice(1, -1)
  return `${address}/${length}`
}
