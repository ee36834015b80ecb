import { WasmpackError } from '../errors.ts'
import { parseNoProxy } from './no-proxy.ts'

/** The proxies to use, as `config` reads them from the environment. */
export interface ProxySettings {
  readonly https?: ProxySetting | undefined
  readonly http?: ProxySetting | undefined
  /** NO_PROXY. */
  readonly none?: string | undefined
}

interface ProxySetting {
  /** The variable that names it, for messages. */
  readonly variable: string
  readonly url: string
}

/** A forward proxy. */
export interface Proxy {
  readonly variable: string
  /** `host:port`, for messages. */
  readonly name: string
  /** Without the brackets of IPv6. */
  readonly host: string
  readonly port: number
  /** Whether the connection to the proxy uses TLS. */
  readonly tls: boolean
  /** The value of Proxy-Authorization, sent to the proxy only. */
  readonly authorization: string | undefined
}

/** Chooses the proxy for a URL. */
export interface Proxies {
  /** Throws USAGE for an invalid proxy, which must not be bypassed silently. */
  findProxy(url: URL): Proxy | undefined
}

export function openProxies({ https, http, none = '' }: ProxySettings): Proxies {
  const bypassed = parseNoProxy(none)
  const parsed = new Map<ProxySetting, Proxy>()
  return {
    findProxy(url) {
      const named = url.protocol === 'https:' ? https : http
      if (named === undefined || bypassed(url)) return undefined
      const proxy = parsed.get(named) ?? parseProxy(named)
      parsed.set(named, proxy)
      return proxy
    },
  }
}

/** As in Go, the scheme defaults to http and the port to that of the scheme. */
function parseProxy({ variable, url: text }: ProxySetting): Proxy {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(written) ? new URL(written) : undefined
  const tls = url?.protocol === 'https:'
  if (url === undefined || url.hostname === '' || !(tls || url.protocol === 'http:'))
    throw new WasmpackError('USAGE', `${variable} is not the URL of an http or https proxy`, {
      hint: 'write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT',
    })
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port)
  const user = `${decodeLeniently(url.username)}:${decodeLeniently(url.password)}`
  return {
    variable,
    name: `${url.hostname}:${port}`,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    tls,
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
  }
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
