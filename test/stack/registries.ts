import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { CertificatePair } from './certificate-files.ts'
import { installedPeer, type PeerName } from './peers.ts'
import { onFreePort, type ServerProcess, startServer } from './server-process.ts'
import type { TokenIssuer } from './token-issuer.ts'

/** The registries of the interoperability suite: a server and how it authenticates. */
export const REGISTRIES = [
  'distribution',
  'distribution-basic',
  'distribution-bearer',
  'docker-registry',
  'docker-registry-bearer',
  'ggcr-registry',
] as const

export type RegistryName = (typeof REGISTRIES)[number]

/** What a test needs to know of a registry; plain JSON, so that it can be handed to the test's process. */
export interface RegistryEndpoint {
  readonly name: RegistryName
  /** `localhost:PORT`, as references write it. */
  readonly host: string
  /** May push and pull; absent where nobody is asked. */
  readonly credentials?: { readonly username: string; readonly password: string }
  /** The root of the file storage; absent where it is in memory. */
  readonly storage?: string
  readonly log: string
}

export interface RunningRegistry {
  readonly endpoint: RegistryEndpoint
  readonly process: ServerProcess
}

/** `pusher` may push and pull, `reader` may only pull and is known to the Bearer registries alone. */
export const PUSHER = { username: 'pusher', password: 'pusher-password' } as const
export const READER = { username: 'reader', password: 'reader-password' } as const
/** May push and pull where anybody has to say who they are; named as Harbor and Quay name robots. */
export const ROBOT = { username: 'robot$team+ci', password: 'robot:password' } as const

/** The program that serves a registry. */
export function serverOf(name: RegistryName): PeerName {
  if (name === 'ggcr-registry') return name
  return name.startsWith('docker-registry') ? 'docker-registry' : 'distribution'
}

export const isBearer = (name: RegistryName): boolean => name.endsWith('-bearer')

/** The registries that ask who is there. */
export const GUARDED: readonly RegistryName[] = [
  'distribution-basic',
  'distribution-bearer',
  'docker-registry-bearer',
]

/** What can be set of the registries that have a configuration file. */
export interface RegistrySettings {
  readonly certificate?: CertificatePair
  /** With a certificate: the authority whose clients alone are served. */
  readonly clients?: string
  /** Whether Locations name a path only. */
  readonly relativeUrls?: boolean
  /** Whether manifests may be deleted; they may by default. */
  readonly deletes?: boolean
}

/** Starts one registry with its files below `directory`. `tokens` is needed for the Bearer ones. */
export async function startRegistry(
  name: RegistryName,
  directory: string,
  tokens?: TokenIssuer,
  settings: RegistrySettings = {},
): Promise<RunningRegistry> {
  const root = join(directory, name)
  mkdirSync(root, { recursive: true })
  const server = serverOf(name)
  const path = installedPeer(server)
  const auth = authSection(name, root, tokens)
  const [log, storage, configuration] = [join(root, 'log'), join(root, 'storage'), join(root, 'config.yml')]
  return await onFreePort(async (port) => {
    if (server !== 'ggcr-registry')
      writeFileSync(configuration, serverConfiguration(port, storage, auth ?? '', settings))
    const process = await startServer({
      command: server === 'ggcr-registry' ? [path, `127.0.0.1:${port}`] : [path, 'serve', configuration],
      env: { OTEL_TRACES_EXPORTER: 'none' }, // distribution v3 otherwise looks for a collector
      log,
      ready:
        settings.certificate === undefined
          ? { url: `http://127.0.0.1:${port}/v2/`, status: auth === undefined ? 200 : 401 }
          : { port },
    })
    const endpoint = {
      name,
      host: `localhost:${port}`,
      ...(auth === undefined ? {} : { credentials: PUSHER }),
      ...(server === 'ggcr-registry' ? {} : { storage }),
      log,
    }
    return { endpoint, process }
  })
}

const serverConfiguration = (
  port: number,
  storage: string,
  auth: string,
  { certificate, clients, relativeUrls = false, deletes = true }: RegistrySettings,
): string => `version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: ${storage}
  delete:
    enabled: ${deletes}
http:
  addr: 127.0.0.1:${port}
  secret: ${randomBytes(16).toString('hex')}
  relativeurls: ${relativeUrls}
${certificate === undefined ? '' : tlsSection(certificate, clients)}${auth}`

const tlsSection = ({ certificate, key }: CertificatePair, clients: string | undefined): string =>
  `  tls:
    certificate: ${certificate}
    key: ${key}
${clients === undefined ? '' : `    clientcas: [${clients}]\n`}`

function authSection(name: RegistryName, root: string, tokens: TokenIssuer | undefined): string | undefined {
  if (name === 'distribution-basic') {
    const htpasswd = join(root, 'htpasswd')
    const lines = [PUSHER, ROBOT].map(({ username, password }) => `${username}:${bcrypt(password)}\n`)
    writeFileSync(htpasswd, lines.join(''))
    return `auth:\n  htpasswd:\n    realm: wasmpack-test\n    path: ${htpasswd}\n`
  }
  if (!isBearer(name)) return undefined
  if (tokens === undefined) throw new Error(`${name} needs an issuer of tokens`)
  const token = `auth:\n  token:\n    realm: ${tokens.realm}\n    service: ${tokens.service}\n    issuer: ${tokens.issuer}\n`
  if (serverOf(name) === 'distribution') {
    const jwks = join(root, 'jwks.json')
    writeFileSync(jwks, tokens.jwks)
    return `${token}    jwks: ${jwks}\n`
  }
  const certificates = join(root, 'token.pem')
  writeFileSync(certificates, tokens.certificate)
  return `${token}    rootcertbundle: ${certificates}\n`
}

/** The only hash that distribution's htpasswd takes; Node has none, the C library behind Perl's crypt has. */
function bcrypt(password: string): string {
  const salt = `${randomBytes(16).toString('hex').slice(0, 21)}u`
  const hash = execFileSync(
    'perl',
    ['-e', 'print crypt($ARGV[0], "\\$2b\\$05\\$" . $ARGV[1])', password, salt],
    {
      encoding: 'utf8',
    },
  )
  if (!hash.startsWith('$2b$05$')) throw new Error("perl's crypt knows no bcrypt here")
  return hash
}
