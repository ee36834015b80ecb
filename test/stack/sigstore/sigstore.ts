import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { installedPeer, type PeerName } from '../peers.ts'
import {
  type CertifiedKey,
  createCodeSigningAuthority,
  createLogKey,
  createTimestampAuthorityKey,
  type LogKey,
} from './authorities.ts'
import { startCtLog } from './ct-log.ts'
import { startFulcio } from './fulcio.ts'
import { startKeycloak } from './keycloak.ts'
import { passwordOf } from './oidc.ts'
import { type KeycloakRegistry, startKeycloakRegistries } from './registries.ts'
import { startRekor1, startRekor2 } from './rekor.ts'
import { startTimestampAuthority } from './timestamp-authority.ts'

/** A private Sigstore with its identity provider and registries that trust it. Plain JSON, so that it can be handed to a test's process. */
export interface Sigstore {
  /** Of identities: a realm of Keycloak; oidc.ts names who is there. */
  readonly issuer: string
  /** Certifies e-mail addresses. */
  readonly fulcio: string
  /** Certifies users, as `SUBJECT!localhost`. */
  readonly fulcioOfUsers: string
  readonly rekor1: string
  readonly rekor2: string
  readonly timestampAuthorities: readonly [string, string]
  /** The file of everything above. */
  readonly trustedRoot: string
  /** Files: Rekor 1 or Rekor 2 with the first timestamp authority, or no log and both of them. */
  readonly signingConfigs: Readonly<Record<SigningConfigName, string>>
  /** Each asks for Keycloak's docker-v2 tokens. */
  readonly registries: readonly KeycloakRegistry[]
  /** The temporary directory, with a log of each service. */
  readonly directory: string
}

export type SigningConfigName = 'rekor1' | 'rekor2' | 'timestamps'

/** The programs that it runs. */
export const SIGSTORE_PEERS: readonly PeerName[] = [
  'cosign',
  'distribution',
  'docker-registry',
  'fulcio',
  'ggcr-registry',
  'keycloak',
  'rekor',
  'rekor-tiles',
  'timestamp-authority',
  'trillian-memory',
]

export interface RunningSigstore {
  readonly sigstore: Sigstore
  /** Ends every service and removes every file; also done, as far as can be, when this process exits. */
  stop(): Promise<void>
}

/** Starts everything on free ports of loopback. */
export async function startSigstore(): Promise<RunningSigstore> {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-sigstore-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  process.on('exit', remove)
  const running: { stop(): Promise<void> }[] = []
  const keep = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting
    running.push(started)
    return started
  }
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.stop()))
    remove()
    process.off('exit', remove)
  }
  try {
    return { sigstore: await startServices(directory, keep), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Keep = <T extends { stop(): Promise<void> }>(starting: Promise<T>) => Promise<T>

async function startServices(directory: string, keep: Keep): Promise<Sigstore> {
  const starting = keep(startKeycloak(directory)) // the slowest: it starts while the keys are made
  const keys = createKeys(directory)
  const ctLog = await keep(startCtLog(keys.ctLog.key))
  const services = Promise.all([
    keep(startRekor1(directory, keys.rekor1)),
    keep(startRekor2(directory, keys.rekor2)),
    keep(startTimestampAuthority(directory, 'tsa-1', keys.timestamps[0])),
    keep(startTimestampAuthority(directory, 'tsa-2', keys.timestamps[1])),
  ])
  const [keycloak, [rekor1, rekor2, ...authorities]] = await Promise.all([starting, services])
  const { issuer } = keycloak
  const settings = {
    authority: keys.fulcio,
    ctLog: { url: ctLog.url, publicKey: keys.ctLog.publicKey },
    issuer,
  }
  const [fulcio, fulcioOfUsers, registries] = await Promise.all([
    keep(startFulcio(directory, { ...settings, type: 'email' })),
    keep(startFulcio(directory, { ...settings, type: 'username' })),
    keep(
      startKeycloakRegistries(directory, keycloak.tokens, {
        username: 'alice',
        password: passwordOf('alice'),
      }),
    ),
  ])
  const addresses = {
    issuer,
    fulcio: fulcio.url,
    fulcioOfUsers: fulcioOfUsers.url,
    rekor1: rekor1.url,
    rekor2: rekor2.url,
    timestampAuthorities: authorities.map(({ url }) => url) as [string, string],
  }
  return {
    ...addresses,
    trustedRoot: writeTrustedRoot(directory, { ...addresses, ctLog: ctLog.url }, keys),
    signingConfigs: {
      rekor1: writeSigningConfig(directory, addresses, 'rekor1'),
      rekor2: writeSigningConfig(directory, addresses, 'rekor2'),
      timestamps: writeSigningConfig(directory, addresses, 'timestamps'),
    },
    registries: registries.endpoints,
    directory,
  }
}

interface Keys {
  readonly fulcio: CertifiedKey
  readonly timestamps: readonly [CertifiedKey, CertifiedKey]
  readonly ctLog: LogKey
  readonly rekor1: LogKey
  readonly rekor2: LogKey
}

function createKeys(directory: string): Keys {
  const keys = join(directory, 'keys')
  mkdirSync(keys)
  return {
    fulcio: createCodeSigningAuthority(keys),
    timestamps: [createTimestampAuthorityKey(keys, 'tsa-1'), createTimestampAuthorityKey(keys, 'tsa-2')],
    ctLog: createLogKey(keys, 'ct-log', 'p256'),
    rekor1: createLogKey(keys, 'rekor-1', 'p256'),
    rekor2: createLogKey(keys, 'rekor-2', 'ed25519'),
  }
}

type Addresses = Pick<Sigstore, 'issuer' | 'fulcio' | 'rekor1' | 'rekor2' | 'timestampAuthorities'>

/** The first second of everything: Sigstore's documents have no fractions. */
const START = `start-time=${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`

const timestampUrl = (authority: string): string => `${authority}/api/v1/timestamp`

function writeTrustedRoot(
  directory: string,
  addresses: Addresses & { readonly ctLog: string },
  keys: Keys,
): string {
  const out = join(directory, 'trusted_root.json')
  const { fulcio, rekor1, rekor2, ctLog, timestampAuthorities } = addresses
  cosign(
    directory,
    'trusted-root',
    `--fulcio=url=${fulcio},certificate-chain=${keys.fulcio.chain},${START}`,
    `--rekor=url=${rekor1},public-key=${keys.rekor1.publicKey},${START}`,
    `--rekor=url=${rekor2},public-key=${keys.rekor2.publicKey},${START},origin=localhost`,
    `--ctfe=url=${ctLog},public-key=${keys.ctLog.publicKey},${START}`,
    ...timestampAuthorities.map(
      (url, at) => `--tsa=url=${timestampUrl(url)},certificate-chain=${keys.timestamps[at]!.chain},${START}`,
    ),
    `--out=${out}`,
  )
  return out
}

function writeSigningConfig(directory: string, addresses: Addresses, name: SigningConfigName): string {
  const out = join(directory, `signing_config.${name}.json`)
  const { issuer, fulcio, timestampAuthorities } = addresses
  const service = (kind: string, url: string, version: number, operator: string): string =>
    `--${kind}=url=${url},api-version=${version},${START},operator=${operator}`
  const [first, second] = timestampAuthorities.map((url, at) =>
    service('tsa', timestampUrl(url), 1, `timestamps-${at + 1}.example`),
  )
  const witnesses =
    name === 'timestamps'
      ? [first!, second!, '--tsa-config=ALL']
      : [
          service('rekor', addresses[name], name === 'rekor1' ? 1 : 2, 'log.example'),
          '--rekor-config=ANY',
          first!,
          '--tsa-config=ANY',
        ]
  cosign(
    directory,
    'signing-config',
    service('fulcio', fulcio, 1, 'certificates.example'),
    service('oidc-provider', issuer, 1, 'identities.example'),
    ...witnesses,
    `--out=${out}`,
  )
  return out
}

const cosign = (
  directory: string,
  document: 'trusted-root' | 'signing-config',
  ...flags: readonly string[]
): void => {
  execFileSync(installedPeer('cosign'), [document, 'create', ...flags], {
    stdio: 'pipe',
    env: { PATH: '/usr/bin:/bin', HOME: directory },
  })
}
