import { createReadStream, mkdirSync, statSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { handleOnLoopback, passOn } from '../loopback-server.ts'
import { installedPeer } from '../peers.ts'
import { onFreePort, onFreePorts, startServer } from '../server-process.ts'
import type { LogKey } from './authorities.ts'
import type { Service } from './service.ts'

/** Starts Rekor 1 with a log in memory. */
export async function startRekor1(directory: string, { key }: LogKey): Promise<Service> {
  const trillian = await onFreePort(async (port) => ({
    port,
    process: await startServer({
      command: [installedPeer('trillian-memory'), `127.0.0.1:${port}`],
      log: join(directory, 'trillian.log'),
      ready: { port },
    }),
  }))
  const rekor = await onFreePort(async (port) => ({
    port,
    process: await startServer({
      command: [
        installedPeer('rekor'),
        'serve',
        `--port=${port}`,
        '--rekor_server.hostname=localhost',
        `--rekor_server.signer=${key}`,
        `--trillian_log_server.port=${trillian.port}`,
        '--enable_retrieve_api=false', // it needs a database
      ],
      log: join(directory, 'rekor1.log'),
      ready: { url: `http://127.0.0.1:${port}/api/v1/log`, status: 200 },
    }),
  }))
  return {
    url: `http://localhost:${rekor.port}`,
    stop: async () => {
      await Promise.all([rekor.process.kill(), trillian.process.kill()])
    },
  }
}

/** How often Rekor 2 publishes a checkpoint, which a client waits for. */
const CHECKPOINTS = ['--checkpoint-interval=200ms', '--batch-max-age=50ms']

/** Starts Rekor 2 with its tiles on disk, behind one address for reading and writing, as public logs are deployed. */
export async function startRekor2(directory: string, { key }: LogKey): Promise<Service> {
  const tiles = join(directory, 'rekor2')
  mkdirSync(tiles)
  const rekor = await onFreePorts(3, async ([http, grpc, metrics]) => ({
    url: `http://127.0.0.1:${http}`,
    process: await startServer({
      command: [
        installedPeer('rekor-tiles'),
        'serve',
        '--hostname=localhost', // the origin of checkpoints; sigstore-go expects the host of the log's address, without port
        `--storage-dir=${tiles}`,
        `--signer-filepath=${key}`,
        '--http-address=127.0.0.1',
        `--http-port=${http}`,
        '--grpc-address=127.0.0.1',
        `--grpc-port=${grpc}`,
        `--http-metrics-port=${metrics}`,
        ...CHECKPOINTS,
      ],
      log: join(directory, 'rekor2.log'),
      ready: { url: `http://127.0.0.1:${http}/healthz`, status: 200 },
    }),
  }))
  const front = await handleOnLoopback(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const name = /^\/(?:api\/v2\/)?(checkpoint|tile\/.+)$/.exec(pathname)?.[1]
    if (name === undefined) return await passOn(request, response, rekor.url)
    const file = join(tiles, normalize(`/${name}`))
    const found = statSync(file, { throwIfNoEntry: false })
    response.writeHead(found?.isFile() ? 200 : 404)
    if (found?.isFile()) await pipeline(createReadStream(file), response)
    else response.end()
  })
  return {
    url: front.url,
    stop: async () => {
      await Promise.all([front.stop(), rekor.process.kill()])
    },
  }
}
