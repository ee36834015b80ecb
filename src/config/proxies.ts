/** The unparsed proxies of the environment, each with its variable for messages. */
export interface ProxyEnvironment {
  readonly https: ProxyVariable | undefined
  readonly http: ProxyVariable | undefined
  /** NO_PROXY: hosts that bypass the proxy. */
  readonly none: string
}

export interface ProxyVariable {
  readonly variable: string
  /** May contain a password. */
  readonly url: string
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY as the fallback of both, and NO_PROXY; lower case has precedence. HTTP_PROXY in upper case
 * is ignored in a CGI program, where a request header sets it. https://httpoxy.org
 */
export function readProxies(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ProxyEnvironment {
  const first = (...names: readonly string[]): ProxyVariable | undefined => {
    const variable = names.find((name) => (env[name] ?? '') !== '')
    return variable === undefined ? undefined : { variable, url: env[variable]! }
  }
  const all = ['all_proxy', 'ALL_PROXY']
  const cgi = (env['REQUEST_METHOD'] ?? '') !== ''
  return {
    https: first('https_proxy', 'HTTPS_PROXY', ...all),
    http: first('http_proxy', ...(cgi ? [] : ['HTTP_PROXY']), ...all),
    none: first('no_proxy', 'NO_PROXY')?.url ?? '',
  }
}
