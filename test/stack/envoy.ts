import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { installedPeer } from './peers.ts'
import { onFreePort, startServer } from './server-process.ts'

export interface RunningEnvoy {
  readonly url: string
  log(): string
  stop(): Promise<void>
}

/** What Envoy is started with: a filter as `render` prints it, and the files that it names. */
export interface EnvoySettings {
  readonly filter: Readonly<Record<string, unknown>>
  readonly kind: 'http' | 'network'
  /** By their names in Envoy's working directory. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

const TYPES = 'type.googleapis.com/envoy.extensions.filters'

/** Starts Envoy with the filter in front of a route that answers by itself, and shows the header x-filtered of the request as x-seen. */
export function startEnvoy(directory: string, { filter, kind, files }: EnvoySettings): Promise<RunningEnvoy> {
  const program = installedPeer('envoy')
  const root = mkdtempSync(join(directory, 'envoy-'))
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(root, name), bytes)
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': `${TYPES}.http.router.v3.Router` },
  }
  return onFreePort(async (port) => {
    const manager = {
      name: 'envoy.filters.network.http_connection_manager',
      typed_config: {
        '@type': `${TYPES}.network.http_connection_manager.v3.HttpConnectionManager`,
        stat_prefix: 'test',
        route_config: {
          virtual_hosts: [
            {
              name: 'all',
              domains: ['*'],
              response_headers_to_add: [{ header: { key: 'x-seen', value: '%REQ(x-filtered)%' } }],
              routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }],
            },
          ],
        },
        http_filters: kind === 'http' ? [filter, router] : [router],
      },
    }
    const bootstrap = {
      node: { id: 'test', cluster: 'test' }, // required of who asks for extensions
      static_resources: {
        listeners: [
          {
            name: 'test',
            address: { socket_address: { address: '127.0.0.1', port_value: port } },
            filter_chains: [{ filters: kind === 'network' ? [filter, manager] : [manager] }],
          },
        ],
      },
    }
    writeFileSync(join(root, 'bootstrap.json'), JSON.stringify(bootstrap))
    const log = join(root, 'log')
    const server = await startServer({
      // A shell, so that relative names of files are in the directory.
      command: [
        'sh',
        '-c',
        `cd "$0" && exec "$1" -c bootstrap.json --concurrency 1 --disable-hot-restart`,
        root,
        program,
      ],
      log,
      ready: { port },
      // Until a large filter is compiled, which a busy machine takes a minute for.
      patience: 200,
    })
    return {
      url: `http://127.0.0.1:${port}/`,
      log: () => readFileSync(log, 'utf8'),
      stop: () => server.kill(),
    }
  })
}
