import { X509Certificate } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

import { libtrustFingerprint } from '../libtrust.ts'
import { installedPeer, PEERS } from '../peers.ts'
import { onFreePort, startServer } from '../server-process.ts'
import type { TokenIssuer } from '../token-issuer.ts'
import type { Service } from './service.ts'

export interface Keycloak extends Service {
  /** The realm, as tokens name it. */
  readonly issuer: string
  /** Its docker-v2 tokens, which registries accept. */
  readonly tokens: TokenIssuer
}

const REALM = 'wasmpack-test' // of realm.json

/** Starts Keycloak with the realm of realm.json, in a database of its own. */
export async function startKeycloak(directory: string): Promise<Keycloak> {
  const { url, process } = await onFreePort(async (port) => {
    copyFileSync(join(PEERS, 'keycloak/realm.db'), join(directory, 'keycloak.mv.db'))
    const url = `http://localhost:${port}`
    return {
      url,
      process: await startServer({
        command: [
          installedPeer('keycloak'),
          'start',
          '--optimized',
          '--cache=local', // no ports for a cluster
          '--http-enabled=true',
          '--http-host=127.0.0.1',
          `--http-port=${port}`,
          `--hostname=${url}`,
          `--db-url=jdbc:h2:file:${join(directory, 'keycloak')};NON_KEYWORDS=VALUE`,
        ],
        env: {
          JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
          JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1', // it runs for minutes, not for days
        },
        log: join(directory, 'keycloak.log'),
        ready: { url: `http://127.0.0.1:${port}/realms/${REALM}`, status: 200 },
        patience: 240,
      }),
    }
  })
  const issuer = `${url}/realms/${REALM}`
  return {
    url,
    issuer,
    tokens: {
      realm: `${issuer}/protocol/docker-v2/auth`,
      service: 'registry',
      issuer,
      ...(await readSigningKeys(issuer)),
    },
    stop: () => process.kill(),
  }
}

/** Keycloak names the keys of docker-v2 tokens otherwise than in its own list: by their libtrust fingerprint. */
async function readSigningKeys(issuer: string): Promise<Pick<TokenIssuer, 'jwks' | 'certificate'>> {
  const response = await fetch(`${issuer}/protocol/openid-connect/certs`)
  const { keys } = (await response.json()) as {
    readonly keys: readonly { readonly use: string; readonly x5c?: readonly string[] }[]
  }
  const certificates = keys
    .filter(({ use }) => use === 'sig')
    .flatMap(({ x5c }) => x5c?.slice(0, 1) ?? [])
    .map((der) => new X509Certificate(Buffer.from(der, 'base64')))
  return {
    jwks: JSON.stringify({
      keys: certificates.map(({ publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid: libtrustFingerprint(publicKey),
        alg: 'RS256',
        use: 'sig',
      })),
    }),
    certificate: certificates.map((certificate) => certificate.toString()).join(''),
  }
}
