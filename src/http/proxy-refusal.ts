import { WasmpackError } from '../errors.ts'
import type { HttpResponse } from './response.ts'
import { formatStatus } from './error-body.ts'
import type { Proxy } from './proxy.ts'
import { isTransientStatus } from './retry.ts'

/** The error for a status with which a proxy has answered in place of `target`, `host:port`; `challenge` is its own. */
export function toProxyRefusal(
  proxy: Proxy,
  target: string,
  status: number,
  challenge: string | undefined,
): WasmpackError {
  if (status === 407) return proxyUnauthenticated(proxy, challenge)
  // Squid says 500 of names that it cannot look up.
  const unreached = status >= 500
  return new WasmpackError(
    'UNAVAILABLE',
    `proxy ${proxy.name} ${unreached ? 'cannot reach' : 'refuses to connect to'} ${target} (${formatStatus(status)})`,
    {
      hint: unreached
        ? 'check the spelling of the host, and whether the proxy knows it; NO_PROXY names hosts to be reached without it'
        : status === 403
          ? 'a rule of the proxy forbids it: ask its administrator, or name the host in NO_PROXY'
          : `check that ${proxy.variable} names a proxy for this; NO_PROXY names hosts to be reached without it`,
      details: { host: target, proxy: proxy.name, status, transient: isTransientStatus(status) },
    },
  )
}

/** Whether it was the proxy that answered a request for an http URL, as far as that can be told: nobody but squid says so. */
export const isFromProxy = (response: HttpResponse): boolean =>
  response.status === 407 || response.header('x-squid-error') !== undefined

/** The error for a proxy that wants to know who is there. */
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
      ? `proxy ${name} asks for a user and a password and there are none`
      : `proxy ${name} did not accept the user and password in ${variable}`,
    {
      hint: foreign
        ? `it asks for ${schemes.join(', ')}, and wasmpack knows Basic only; a local proxy such as cntlm can stand between`
        : `give them in ${variable}, as http://USER:PASSWORD@HOST:PORT; what is special in a URL as %XX`,
      details: { proxy: name, status: 407 },
    },
  )
}
