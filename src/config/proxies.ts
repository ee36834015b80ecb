/** The proxies that the environment names, not yet understood: each with the variable that names it, for messages. */
export interface ProxyEnvironment {
  readonly https: ProxyVariable | undefined
  readonly http: ProxyVariable | undefined
  /** NO_PROXY: hosts to be reached without a proxy. */
  readonly none: string
}

export interface ProxyVariable {
  readonly variable: string
  /** May hold a password. */
  readonly url: string
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY where there is no other, and NO_PROXY; lower case goes first. HTTP_PROXY in upper
 * case counts for nothing in a CGI program, where a visitor's header makes it. https://httpoxy.org
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
