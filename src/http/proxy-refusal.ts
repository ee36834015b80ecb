import { WasmpackError } from '../errors.ts'
import type { HttpResponse } from './response.ts'
import { formatStatus } from './error-body.ts'
import type { Proxy } from './proxy.ts'
import { isTransientStatus } from './retry.ts'

/** The error for a response of a proxy in place of `target`, `host:port`; `challenge` is its Proxy-Authenticate. */
export function toProxyRefusal(
  proxy: Proxy,
  target: string,
  status: number,
  challenge: string | undefined,
): WasmpackError {
  if (status === 407) return proxyUnauthenticated(proxy, challenge)
  // Squid answers 500 for names that it cannot resolve.
  const unreached = status >= 500
  const bypass = `NO_PROXY=${target.replace(/:\d+$/, '')}`
  return new WasmpackError(
    'UNAVAILABLE',
    `proxy ${proxy.name} ${unreached ? 'cannot reach' : 'refused to connect to'} ${target} (${formatStatus(status)})`,
    {
      hint: unreached
        ? `check the spelling of the host, or bypass the proxy: ${bypass}`
        : status === 403
          ? `a rule of the proxy forbids it: ask its administrator, or bypass the proxy: ${bypass}`
          : `check that ${proxy.variable} is an HTTP proxy, or bypass it: ${bypass}`,
      details: { host: target, proxy: proxy.name, status, transient: isTransientStatus(status) },
    },
  )
}

/** Whether the proxy itself answered a request for an http URL; only squid marks its own errors. */
export const isFromProxy = (response: HttpResponse): boolean =>
  response.status === 407 || response.header('x-squid-error') !== undefined

/** The error for a proxy that requires authentication. */
function proxyUnauthenticated(
  { name, variable, authorization }: Proxy,
  challenge: string | undefined,
): WasmpackError {
  const schemes = [...(challenge ?? '').matchAll(/(?:^|,)\s*([A-Za-z][A-Za-z-]{0,31})(?=\s|,|$)/g)].map(
    ([, scheme]) => scheme!,
  )
  const foreign = schemes.length > 0 && !schemes.some((scheme) => scheme.toLowerCase() === 'basic')
  return new WasmpackError(
    'UNAUTHENTICATED',
    authorization === undefined
      ? `proxy ${name} requires authentication, and ${variable} has no credentials`
      : `proxy ${name} rejected the credentials in ${variable}`,
    {
      hint: foreign
        ? `the proxy asks for ${schemes.join(', ')}, and wasmpack supports Basic only; use a local proxy such as cntlm in front of it`
        : `set ${variable}=http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded`,
      details: { proxy: name, status: 407 },
    },
  )
}
