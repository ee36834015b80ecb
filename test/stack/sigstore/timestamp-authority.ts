import { join } from 'node:path'

import { installedPeer } from '../peers.ts'
import { onFreePort, startServer } from '../server-process.ts'
import type { CertifiedKey } from './authorities.ts'
import type { Service } from './service.ts'

/** Starts a timestamp authority. Its address is that of the service; timestamps are asked for at `/api/v1/timestamp` below it. */
export const startTimestampAuthority = (
  directory: string,
  name: string,
  { key, chain }: CertifiedKey,
): Promise<Service> =>
  onFreePort(async (port) => {
    const process = await startServer({
      command: [installedPeer('timestamp-authority'), `${port}`, key, chain],
      log: join(directory, `${name}.log`),
      ready: { url: `http://127.0.0.1:${port}/ping`, status: 200 },
    })
    return { url: `http://localhost:${port}`, stop: () => process.kill() }
  })
