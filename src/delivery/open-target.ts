import { credentialFiles, realmPinsPath } from '../config/credential-files.ts'
import { readProxies } from '../config/proxies.ts'
import { registriesFiles } from '../config/registries-files.ts'
import { WasmpackError } from '../errors.ts'
import type { ClientCertificate } from '../http/tls.ts'
import type { Transport } from '../http/transport.ts'
import type { Credential } from '../oci/registry/credential.ts'
import type { RegistryOptions } from '../oci/registry/connection.ts'
import type { Locations, RegistriesConf } from '../oci/registry/registries-conf.ts'
import type { Reference, RegistryReference } from '../oci/reference.ts'
import type { Target } from '../oci/target.ts'

/** How to reach registries; an OCI layout needs none of it. */
export interface Access {
  /** Plain HTTP for every host; by default for loopback hosts only. */
  readonly plainHttp?: boolean | undefined
  readonly insecure?: boolean | undefined
  /** PEM text of authorities to trust beside the usual ones. */
  readonly ca?: string | undefined
  /** Shown to registries that ask for one. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** The only file to look for credentials in. */
  readonly registryConfig?: string | undefined
  /** The only file to look for mirrors and blocked registries in. */
  readonly registriesConf?: string | undefined
  /** Token services that the user trusts by name, as hosts or origins. */
  readonly trustedRealms?: readonly string[] | undefined
  /** Given on the command line, in place of what files hold: for one registry. */
  readonly credential?: Credential | undefined
  /** Further attempts at what failed for a reason that passes. */
  readonly retries?: number | undefined
  /** When the run has to be over, in milliseconds since 1970. */
  readonly deadline?: number | undefined
  readonly debug: (line: string) => void
  /** Hears what registries want their users to know, each thing once. */
  readonly warn?: ((line: string) => void) | undefined
  readonly signal: AbortSignal
}

/**
 * Opens the repository that a reference names. A layout that is not there is made with `create` and is NOT_FOUND without.
 * All targets of one opener share connections and tokens; none is asked for yet, and what only registries need is loaded
 * for registries only.
 */
export type OpenTarget = (reference: Reference, options?: OpenOptions) => Promise<Target>

export interface OpenOptions {
  readonly create?: boolean
  /** What a token is asked for; the opener's own purpose by default. */
  readonly purpose?: Purpose
}

export type Purpose = 'pull' | 'push' | 'delete'

export function targetOpener(access: Access, usual: Purpose = 'pull'): OpenTarget {
  const reach = registryReacher(access)
  return async (reference, { create = false, purpose = usual } = {}) => {
    if (reference.kind === 'registry') return openLocated(reference, await reach(reference, purpose), access)
    const { openLayout } = await import('../oci/layout/layout.ts')
    return openLayout(reference.path, { create, signal: access.signal })
  }
}

/** What a repository of a registry is reached with, and where else its content may be read. */
export interface Reach {
  readonly options: RegistryOptions
  readonly locations: Locations | undefined
}

/** All that one of these gives shares connections and tokens. Throws USAGE where credentials are given for another registry. */
export function registryReacher(
  access: Access,
): (reference: RegistryReference, purpose: Purpose) => Promise<Reach> {
  let registry: string | undefined
  let shared: Promise<RegistryOptions> | undefined
  let conf: Promise<RegistriesConf | undefined> | undefined
  const options = new Map<Purpose, Promise<RegistryOptions>>()
  return async (reference, purpose) => {
    registry ??= reference.registry
    if (access.credential !== undefined && registry !== reference.registry)
      throw new WasmpackError(
        'USAGE',
        `the credentials given are for one registry, not for ${registry} and ${reference.registry}`,
        {
          hint: 'name artifacts of one registry, or log in to each with: wasmpack login',
        },
      )
    shared ??= registryOptions(access, registry)
    const wanted = options.get(purpose) ?? shared.then((all) => ({ ...all, purpose }))
    options.set(purpose, wanted)
    conf ??= registriesConf(access)
    return { options: await wanted, locations: (await conf)?.locate(reference) }
  }
}

async function registriesConf({ registriesConf }: Access): Promise<RegistriesConf | undefined> {
  const files = await registriesFiles({ registriesConf })
  if (files.length === 0) return undefined
  const { RegistriesConf } = await import('../oci/registry/registries-conf.ts')
  return new RegistriesConf(files)
}

/** What is only read may be read elsewhere; what is written goes where the reference says, as podman has it. */
async function openLocated(
  reference: RegistryReference,
  { options, locations }: Reach,
  { debug }: Access,
): Promise<Target> {
  const { openRegistry } = await import('../oci/registry/registry-target.ts')
  const written = openRegistry(reference, options)
  if (locations === undefined || options.purpose !== 'pull') return written
  const { mirrored } = await import('../oci/mirrored.ts')
  const { mirrors, primary } = locations
  return mirrored({
    written,
    primary: openRegistry(primary, options),
    mirrors: mirrors.map((mirror) => ({
      target: openRegistry(mirror.reference, options),
      serves: mirror.serves,
    })),
    note: debug,
  })
}

async function registryOptions(access: Access, registry: string): Promise<RegistryOptions> {
  const { openCredentials } = await import('../oci/registry/credentials.ts')
  const credentials = openCredentials({
    explicit: access.credential && { registry, credential: access.credential },
    files: () => credentialFiles({ registryConfig: access.registryConfig }),
  })
  const { openRealms } = await import('../oci/registry/realm-pins.ts')
  const realms = openRealms(realmPinsPath(), access.trustedRealms)
  const { onceEach } = await import('../oci/registry/warnings.ts')
  return {
    transport: await openTransport(access),
    credentials,
    realms,
    warn: access.warn && onceEach(access.warn),
  }
}

/** The transport alone, for `login`: through the proxies that the environment names. */
export async function openTransport(access: Access): Promise<Transport> {
  const { Transport } = await import('../http/transport.ts')
  const { plainHttp, insecure, ca, clientCertificate, retries, deadline, debug, signal } = access
  return new Transport({
    plainHttp,
    insecure,
    ca,
    clientCertificate,
    proxies: readProxies(),
    ...(retries === undefined ? {} : { retries }),
    deadline,
    debug,
    signal,
  })
}
