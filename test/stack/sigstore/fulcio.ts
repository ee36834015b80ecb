import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { installedPeer } from '../peers.ts'
import { onFreePorts, startServer } from '../server-process.ts'
import { type CertifiedKey, FULCIO_PASSWORD, type LogKey } from './authorities.ts'
import type { Service } from './service.ts'

export interface FulcioSettings {
  readonly authority: CertifiedKey
  readonly ctLog: { readonly url: string } & Pick<LogKey, 'publicKey'>
  /** Whose tokens it accepts, for the audience `sigstore`. */
  readonly issuer: string
  /** What it certifies: the e-mail address of a token, or its subject as `SUBJECT!localhost`. */
  readonly type: 'email' | 'username'
}

/** Starts Fulcio. */
export function startFulcio(directory: string, settings: FulcioSettings): Promise<Service> {
  const { authority, ctLog, issuer, type } = settings
  const configuration = join(directory, `fulcio-${type}.json`)
  writeFileSync(
    configuration,
    JSON.stringify({
      OIDCIssuers: {
        [issuer]: {
          IssuerURL: issuer,
          ClientID: 'sigstore',
          Type: type,
          ...(type === 'username' ? { SubjectDomain: 'localhost' } : {}),
        },
      },
    }),
  )
  return onFreePorts(3, async ([http, grpc, metrics]) => {
    const process = await startServer({
      command: [
        installedPeer('fulcio'),
        'serve',
        '--host=127.0.0.1',
        `--port=${http}`,
        '--grpc-host=127.0.0.1',
        `--grpc-port=${grpc}`,
        `--metrics-port=${metrics}`,
        `--legacy-unix-domain-socket=@wasmpack-fulcio-${randomUUID()}`,
        `--config-path=${configuration}`,
        '--ca=fileca',
        `--fileca-cert=${authority.chain}`,
        `--fileca-key=${authority.key}`,
        `--fileca-key-passwd=${FULCIO_PASSWORD}`,
        '--fileca-watch=false',
        `--ct-log-url=${ctLog.url}`,
        `--ct-log-public-key-path=${ctLog.publicKey}`,
      ],
      log: join(directory, `fulcio-${type}.log`),
      ready: { url: `http://127.0.0.1:${http}/healthz`, status: 200 },
    })
    return { url: `http://localhost:${http}`, stop: () => process.kill() }
  })
}
