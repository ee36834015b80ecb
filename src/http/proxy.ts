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
  /** Whether the proxy itself is spoken to over TLS. */
  readonly tls: boolean
  /** The value of Proxy-Authorization, which nobody but the proxy may see. */
  readonly authorization: string | undefined
}

/** Which proxy stands between here and a URL, if any. */
export interface Proxies {
  /** Throws USAGE for a proxy that is not understood: going past it in silence may be what it is there to prevent. */
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

/** As Go reads it: without a scheme it is http, and the port is that of the scheme unless one is given. */
function parseProxy({ variable, url: text }: ProxySetting): Proxy {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(written) ? new URL(written) : undefined
  const tls = url?.protocol === 'https:'
  if (url === undefined || url.hostname === '' || !(tls || url.protocol === 'http:'))
    throw new WasmpackError('USAGE', `${variable} is no address of an http or https proxy`, {
      hint: 'write http://HOST:PORT, with USER:PASSWORD@ before the host if the proxy asks for them',
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
