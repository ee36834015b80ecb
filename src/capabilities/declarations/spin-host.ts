import { parseHostPattern } from '../values/host.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import type { Offer } from './declaration.ts'
import type { Translation } from './declaration-reader.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  postgres: 5432,
  mysql: 3306,
  redis: 6379,
  mqtt: 1883,
}

const DATABASES = ['postgres', 'mysql', 'redis'] as const

const EXPECTED = 'SCHEME://HOST[:PORT], such as https://api.example.com or *://*:*'

/**
 * An entry of `allowed_outbound_hosts`: any of its three parts may be `*`.
 * https://spinframework.dev/http-outbound#granting-http-permissions-to-components
 */
export function translateOutboundHost(text: string): Translation {
  if (/\{\{.*\}\}/s.test(text)) return { unexpressed: 'its variables are known only when Spin runs' }
  const [, scheme, host, port] =
    /^(\*|[A-Za-z]+):\/\/(\[[^\]]*\]|[\d.]+\/\d{1,2}|[^:/[\]]+)(?::([^:/]*))?\/?$/.exec(text.trim()) ?? []
  if (scheme === undefined || host === undefined) return { malformed: EXPECTED }
  if (host === 'self' || host === 'self.alt')
    return { unexpressed: 'a request to the application itself has no host' }
  if (port !== undefined && /^\d+\.\.\d+$/.test(port))
    return { unexpressed: 'a grant has one port, or every port' }
  if (!isPort(port, scheme)) return { malformed: `${EXPECTED}; the port is missing or no port` }
  if (host !== '*' && !host.includes('/') && parseHostPattern(host) === undefined)
    return { malformed: EXPECTED }
  return translateEndpoint(scheme, host, port)
}

const isPort = (port: string | undefined, scheme: string): boolean =>
  port === undefined || port === ''
    ? scheme in DEFAULT_PORTS
    : port === '*' || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535)

function translateEndpoint(scheme: string, host: string, port: string | undefined): Translation {
  const withPort = port === undefined || port === '' ? host : `${host}:${port}`
  const endpoint = `${host}:${port || DEFAULT_PORTS[scheme]}`
  const isName = host === '*' || ['name', 'below'].includes(parseHostPattern(host)?.kind ?? '')
  const peers = (grant: GrantKey): Offer[] => [
    { grant, item: endpoint },
    ...(isName ? [{ grant: 'sockets.dns', item: host } as const] : []),
  ]
  const databases = DATABASES.map((name): Offer => ({ grant: `database.${name}`, item: endpoint }))
  switch (scheme) {
    case 'http':
    case 'https':
      return { offers: [{ grant: 'http.outgoing', item: `${scheme}://${withPort}` }] }
    case 'postgres':
    case 'mysql':
    case 'redis':
      return { offers: [{ grant: `database.${scheme}`, item: endpoint }] }
    case 'tcp':
      return { offers: peers('sockets.tcp') }
    case 'udp':
      return { offers: peers('sockets.udp') }
    case 'mqtt':
      return { unexpressed: 'messaging is granted by topics, not by brokers' }
    case '*':
      return {
        offers: [
          { grant: 'http.outgoing', item: withPort },
          ...peers('sockets.tcp'),
          { grant: 'sockets.udp', item: endpoint },
          ...databases,
        ],
      }
    default:
      return { unexpressed: `no grant is for ${scheme}://` }
  }
}

/** An entry of `allowed_http_hosts`, which came before: a host for HTTP with and without TLS. */
export function translateHttpHost(text: string): Translation {
  if (text === 'insecure:allow-all') return { offers: [{ grant: 'http.outgoing', item: '*:*' }] }
  if (text === 'self') return { unexpressed: 'a request to the application itself has no host' }
  const host = text.replace(/^https?:\/\//, '').replace(/\/$/, '')
  return parseHostPattern(host.replace(/:\d+$/, '')) === undefined
    ? { malformed: 'a host such as api.example.com or api.example.com:8080' }
    : { offers: [{ grant: 'http.outgoing', item: host }] }
}
