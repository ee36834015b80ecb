import { findEmbeddedIpv4, formatIpv4, type IpAddress, parseIpAddress } from './ip-address.ts'

/** A host and its port, if it has one. */
export interface HostAndPort {
  readonly name: string
  readonly port: number | undefined
}

/** Splits `host[:port]`; the port of `[::1]` is undefined. */
export function splitPort(host: string): HostAndPort {
  const port = /:([0-9]+)$/.exec(host)
  return port === null
    ? { name: host, port: undefined }
    : { name: host.slice(0, port.index), port: Number(port[1]) }
}

/**
 * One spelling for all of a host name or address: in lower case and without a dot at the end; IPv4 in four decimal numbers, however it
 * was written (`127.1`, `0x7f000001`, `[::ffff:127.0.0.1]`), and IPv6 compressed and in brackets. Other text is returned in lower case.
 */
export function normalizeHostName(name: string): string {
  const known = toUrlHost(name)
  const address = parseBracketed(known)
  return address?.family === 4 ? formatIpv4(address.value) : known
}

function toUrlHost(name: string): string {
  const plain = name.toLowerCase()
  const url = `https://${plain}`
  if (/[^a-z0-9._:[\]-]/.test(plain) || !URL.canParse(url)) return plain.replace(/(?<=.)\.$/, '')
  return new URL(url).hostname.replace(/(?<=.)\.$/, '')
}

const parseBracketed = (name: string): IpAddress | undefined =>
  parseIpAddress(name.replace(/^\[(.*)\]$/, '$1'))

const DOCKER_HUB: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/**
 * One spelling for all of a registry, `host[:port]`, that reach the same one over HTTPS: {@link normalizeHostName}, without the port 443,
 * and `docker.io` for Docker Hub. Equal for two registries only if they are the same: safe for keys of credentials.
 */
export function normalizeRegistryHost(registry: string): string {
  const { name, port } = splitPort(registry)
  const known = normalizeHostName(name)
  if (port !== undefined && port !== 443) return `${known}:${port}`
  return DOCKER_HUB.has(known) ? 'docker.io' : known
}

export const isDockerHub = (registry: string): boolean => normalizeRegistryHost(registry) === 'docker.io'

/** Docker Hub's hosts, and others that serve its repositories, by which a rule for one of them must not be bypassed. */
const HUB_NAMES: readonly string[] = [...DOCKER_HUB, 'registry.hub.docker.com', 'registry.ipv6.docker.com']
const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * All names by which a rule may mean the host, in the spelling of {@link normalizeHostName}, for restrictions only: an IPv6 address that
 * embeds an IPv4 address is that too, and all names of this machine are one.
 */
export function listRuleNames(name: string): readonly string[] {
  const known = normalizeHostName(name)
  if (HUB_NAMES.includes(known)) return HUB_NAMES
  const address = parseBracketed(known)
  const embedded = address && findEmbeddedIpv4(address)
  const v4 = embedded === undefined ? known : formatIpv4(embedded.value)
  const own = [...new Set([known, v4])]
  return isThisMachine(v4) ? [...new Set([...own, ...LOOPBACK_NAMES])] : own
}

/** Loopback, and the unspecified addresses, which systems connect to it. */
const isThisMachine = (name: string): boolean =>
  name === '[::1]' || name === '[::]' || /^(?:127\.[\d.]+|0\.0\.0\.0|(?:.*\.)?localhost)$/.test(name)
