import { type RequestListener, request } from 'node:http'

import type { RegistryEndpoint } from '../stack/registries.ts'
import { type Home, storeCredentials } from '../support/cli.ts'
import { serve } from '../support/serve.ts'

/** A server in front of a registry that writes each request down before its client has the answer. */
export interface Witness {
  /** The same repository, tag or artifact of the registry, reached past the witness. */
  past(reference: string): string
  /** The requests that came since the last time, as `METHOD /path STATUS`. */
  fresh(): readonly string[]
}

/** Hears of each request before it is passed on, and may hold it, and again when it was answered. */
export interface Gate {
  before(method: string, url: string): Promise<void>
  after(method: string, url: string): void
}

/** Stands in front of a registry, with its credentials in the home, until the test ends. */
export async function openWitness(
  home: Home,
  { host, credentials }: RegistryEndpoint,
  gate?: Gate,
): Promise<Witness> {
  const lines: string[] = []
  const pass: RequestListener = async (asked, answer) => {
    const { method = '', url = '', rawHeaders: headers } = asked
    await gate?.before(method, url)
    const onward = request({ host: '127.0.0.1', port: host.split(':')[1], method, path: url, headers })
    onward.once('response', (reply) => {
      lines.push(`${method} ${url} ${reply.statusCode}`)
      gate?.after(method, url)
      answer.writeHead(reply.statusCode ?? 0, reply.rawHeaders)
      reply.pipe(answer)
    })
    onward.once('error', () => answer.destroy())
    asked.pipe(onward)
  }
  const { port } = await serve(pass)
  const own = `localhost:${port}`
  if (credentials !== undefined) storeCredentials(home, own, credentials.username, credentials.password)
  return {
    past: (reference) => reference.replace(`${host}/`, `${own}/`),
    fresh: () => lines.splice(0),
  }
}
