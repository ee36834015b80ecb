import { listCredentialFiles, findRealmPinsPath } from '../../config/credential-files.ts'
import { readProxies } from '../../config/proxies.ts'
import { readRegistriesFiles } from '../../config/registries-files.ts'
import { WasmpackError } from '../../errors.ts'
import { Transport } from '../../http/transport.ts'
import { openCredentials } from '../../oci/registry/credentials/credentials.ts'
import type { RegistryOptions } from '../../oci/registry/connection.ts'
import { openKnownRealms } from '../../oci/registry/auth/realm-pins.ts'
import type { Locations, RegistriesConf } from '../../oci/registry/registries-conf.ts'
import { openRegistry } from '../../oci/registry/registry-target.ts'
import { dropRepeatedWarnings } from '../../oci/registry/errors/warnings.ts'
import type { RegistryReference } from '../../oci/reference.ts'
import type { Target } from '../../oci/target.ts'
import type { RegistryAction } from '../../oci/registry/auth/scope.ts'
import type { RegistryClientOptions } from './client-options.ts'

/** Opens repositories of registries, which share connections and tokens. */
export function createRegistryOpener(
  access: RegistryClientOptions,
): (reference: RegistryReference, purpose: RegistryAction) => Promise<Target> {
  const resolveEndpoint = createEndpointResolver(access)
  return async (reference, purpose) =>
    openEndpoint(reference, await resolveEndpoint(reference, purpose), access)
}

/** The client options for a repository, and its other locations. */
export interface RegistryEndpoint {
  readonly options: RegistryOptions
  readonly locations: Locations | undefined
}

/** All endpoints of one resolver share connections and tokens. Throws USAGE if credentials are given for another registry. */
export function createEndpointResolver(
  access: RegistryClientOptions,
): (reference: RegistryReference, purpose: RegistryAction) => Promise<RegistryEndpoint> {
  let registry: string | undefined
  let shared: RegistryOptions | undefined
  let conf: Promise<RegistriesConf | undefined> | undefined
  const options = new Map<RegistryAction, RegistryOptions>()
  return async (reference, purpose) => {
    registry ??= reference.registry
    if (access.credential !== undefined && registry !== reference.registry)
      throw new WasmpackError(
        'USAGE',
        `credentials from the command line are for one registry, not for ${registry} and ${reference.registry}`,
        {
          hint: 'use artifacts of one registry, or run wasmpack login for each registry',
        },
      )
    shared ??= buildRegistryOptions(access, registry)
    const wanted = options.get(purpose) ?? { ...shared, purpose }
    options.set(purpose, wanted)
    conf ??= readRegistriesConf(access)
    return { options: wanted, locations: (await conf)?.locate(reference) }
  }
}

async function readRegistriesConf({
  registriesConf,
}: RegistryClientOptions): Promise<RegistriesConf | undefined> {
  const files = await readRegistriesFiles({ registriesConf })
  if (files.length === 0) return undefined
  const { RegistriesConf } = await import('../../oci/registry/registries-conf.ts')
  return new RegistriesConf(files)
}

/** Reads may go to other locations; writes go to the location in the reference, as in podman. */
export async function openEndpoint(
  reference: RegistryReference,
  { options, locations }: RegistryEndpoint,
  { debug }: RegistryClientOptions,
): Promise<Target> {
  const written = openRegistry(reference, options)
  if (locations === undefined || options.purpose !== 'pull') return written
  const { createMirroredTarget } = await import('../../oci/mirrored-target.ts')
  const { mirrors, primary } = locations
  const mirrored = { ...options, hasAlternative: true }
  return createMirroredTarget({
    written,
    primary: openRegistry(primary, options),
    mirrors: mirrors.map((mirror) => ({
      target: openRegistry(mirror.reference, mirrored),
      serves: mirror.serves,
    })),
    note: (line) => debug?.(line),
  })
}

function buildRegistryOptions(access: RegistryClientOptions, registry: string): RegistryOptions {
  const credentials = openCredentials({
    explicit: access.credential && { registry, credential: access.credential },
    files: () => listCredentialFiles({ registryConfig: access.registryConfig }),
  })
  const realms = openKnownRealms(findRealmPinsPath(), access.trustedRealms)
  return {
    transport: openTransport(access),
    credentials,
    realms,
    warn: access.warn && dropRepeatedWarnings(access.warn),
  }
}

/** Opens the transport alone, for `login`, with the proxies of the environment. */
export function openTransport(access: RegistryClientOptions): Transport {
  const { plainHttp, insecure, ca, caFile, clientCertificate, retries, deadline, debug, note, signal } =
    access
  return new Transport({
    plainHttp,
    insecure,
    ca,
    caFile,
    clientCertificate,
    proxies: readProxies(),
    ...(retries === undefined ? {} : { retries }),
    deadline,
    debug,
    note,
    signal,
  })
}
