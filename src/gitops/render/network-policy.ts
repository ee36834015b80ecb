import type { HostPattern } from '../../capabilities/values/host.ts'
import { createObject, selectPods } from './kubernetes.ts'
import { groupByPort, listCidrs, listListeners, listLookedUp, listPeers, type Protocol } from './peers.ts'
import type { RenderedObject, RenderRequest } from './target.ts'

/** The port on which runtimes of containerd serve HTTP. */
export const HTTP_PORT = 8080

const CLUSTER_DNS = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
}

/**
 * Denies all traffic but that to granted addresses and to granted ports. It cannot name hosts: where names are granted, their ports
 * are open to every address. https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function createNetworkPolicy(
  { bounds: { grants }, options }: RenderRequest,
  serves: boolean,
): RenderedObject {
  const egress = groupByPort(listPeers(grants)).map(({ protocol, port, hosts }) => {
    const ports = [formatPort(protocol, port)]
    if (!hosts.every(({ kind }) => kind === 'addresses')) return { ports }
    return { to: listCidrs(hosts).map((cidr) => ({ ipBlock: { cidr } })), ports }
  })
  const listeners = groupByPort(listListeners(grants)).map(({ protocol, port }) => formatPort(protocol, port))
  const ports = serves ? [{ port: HTTP_PORT, protocol: 'TCP' }, ...listeners] : listeners
  return createObject('networking.k8s.io/v1', 'NetworkPolicy', options, {
    spec: {
      podSelector: { matchLabels: selectPods(options) },
      policyTypes: ['Egress', 'Ingress'],
      egress:
        listLookedUp(grants).length === 0
          ? egress
          : [{ to: [CLUSTER_DNS], ports: [formatPort('TCP', 53), formatPort('UDP', 53)] }, ...egress],
      ingress: ports.length === 0 ? [] : [{ ports }],
    },
  })
}

const formatPort = (protocol: Protocol, port: number | '*'): RenderedObject =>
  port === '*' ? { protocol } : { port, protocol }

/**
 * The same as a policy of Cilium, which names hosts. Its pattern `*.example.com` is one label below, where a grant is any depth: it is
 * narrower. https://docs.cilium.io/en/stable/security/policy/language/
 */
export function createCiliumPolicy(
  { bounds: { grants }, options }: RenderRequest,
  serves: boolean,
): RenderedObject {
  const egress = groupByPort(listPeers(grants)).flatMap(({ protocol, port, hosts }): RenderedObject[] => {
    const toPorts = [{ ports: [formatCiliumPort(protocol, port)] }]
    if (hosts.some(({ kind }) => kind === 'any')) return [{ toEntities: ['all'], toPorts }]
    const [toCIDR, toFQDNs] = [listCidrs(hosts), listNames(hosts)]
    const [addresses, names] = [
      { toCIDR, toPorts },
      { toFQDNs, toPorts },
    ]
    if (toFQDNs.length === 0) return [addresses]
    return toCIDR.length === 0 ? [names] : [addresses, names]
  })
  const lookedUp = listLookedUp(grants)
  const dns = {
    toEndpoints: [
      { matchLabels: { 'k8s-app': 'kube-dns', 'k8s:io.kubernetes.pod.namespace': 'kube-system' } },
    ],
    toPorts: [
      {
        ports: [{ port: '53', protocol: 'ANY' }],
        rules: {
          dns: lookedUp.some(({ kind }) => kind === 'any') ? [{ matchPattern: '*' }] : listNames(lookedUp),
        },
      },
    ],
  }
  const listeners = groupByPort(listListeners(grants)).map(({ protocol, port }) =>
    formatCiliumPort(protocol, port),
  )
  const ports = serves ? [formatCiliumPort('TCP', HTTP_PORT), ...listeners] : listeners
  const open = lookedUp.length === 0 ? egress : [dns, ...egress]
  return createObject('cilium.io/v2', 'CiliumNetworkPolicy', options, {
    spec: {
      endpointSelector: { matchLabels: selectPods(options) },
      // A rule without a peer selects the pods and allows nothing.
      egress: open.length === 0 ? [{}] : open,
      ingress: ports.length === 0 ? [{}] : [{ fromEntities: ['all'], toPorts: [{ ports }] }],
    },
  })
}

const formatCiliumPort = (protocol: Protocol, port: number | '*'): RenderedObject =>
  port === '*' ? { port: '1', endPort: 65_535, protocol } : { port: String(port), protocol }

function listNames(hosts: readonly HostPattern[]): readonly RenderedObject[] {
  const names = hosts.flatMap((host) =>
    host.kind === 'name' ? [host.name] : host.kind === 'below' ? [`*.${host.name}`] : [],
  )
  return [...new Set(names)]
    .toSorted()
    .map((name) => (name.startsWith('*') ? { matchPattern: name } : { matchName: name }))
}
