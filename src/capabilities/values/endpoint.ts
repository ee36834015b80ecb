import { coversHost, type HostPattern, HostSet, parseHostPattern } from './host.ts'

/** Hosts with a port and a protocol. */
export interface Endpoint {
  readonly scheme: 'http' | 'https' | 'socket'
  readonly port: number | '*'
  readonly host: HostPattern
}

const DEFAULT_PORT = { http: 80, https: 443 } as const

/**
 * `[http://|https://]host[:port]`: without a scheme both, without a port the default of the scheme; `:*` is every port.
 * Undefined for other text.
 */
export function parseHttpEndpoints(text: string): Endpoint[] | undefined {
  const [, scheme, rest] = /^(?:(https?):\/\/)?(.*)$/s.exec(text)!
  const { name, port } = splitPort(rest!)
  const host = parseHostPattern(name)
  if (host === undefined || port === 'none') return undefined
  const schemes = scheme === undefined ? (['http', 'https'] as const) : [scheme as 'http' | 'https']
  return schemes.map((one) => ({ scheme: one, port: port ?? DEFAULT_PORT[one], host }))
}

/** `host:port`, `10.0.0.0/8:5432`, `[2001:db8::/32]:*`; the port is optional only if there is a default. Undefined for other text. */
export function parseSocketEndpoint(text: string, defaultPort?: number): Endpoint | undefined {
  const { name, port = defaultPort } = splitPort(text)
  const host = parseHostPattern(name)
  return host === undefined || port === undefined || port === 'none'
    ? undefined
    : { scheme: 'socket', port, host }
}

/** Splits at the last colon outside of an IPv6 address; `none` stands for an invalid port. */
function splitPort(text: string): { name: string; port: number | '*' | 'none' | undefined } {
  const colon = text.lastIndexOf(':')
  if (colon < 0 || text.indexOf(']', colon) >= 0) return { name: text, port: undefined }
  const port = text.slice(colon + 1)
  const name = text.slice(0, colon)
  if (port === '*') return { name, port }
  const number = /^[1-9][0-9]{0,4}$/.test(port) ? Number(port) : Infinity
  return { name, port: number <= 65_535 ? number : 'none' }
}

/** A union of endpoints; a look-up takes time that does not grow with their number. */
export class EndpointSet {
  readonly #hosts = new Map<string, HostSet>()

  constructor(endpoints: readonly Endpoint[]) {
    const patterns = new Map<string, HostPattern[]>()
    for (const { scheme, port, host } of endpoints) {
      const key = `${scheme}:${port}`
      const alike = patterns.get(key)
      if (alike === undefined) patterns.set(key, [host])
      else alike.push(host)
    }
    for (const [key, hosts] of patterns) this.#hosts.set(key, new HostSet(hosts))
  }

  /** Only `*` contains every port. */
  contains({ scheme, port, host }: Endpoint): boolean {
    const ports = port === '*' ? ['*'] : [port, '*']
    return coversHost(
      ports.flatMap((one) => this.#hosts.get(`${scheme}:${one}`) ?? []),
      host,
    )
  }
}
