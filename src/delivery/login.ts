import { findCredentialStorePath, findRealmPinsPath } from '../config/credential-files.ts'
import { WasmpackError } from '../errors.ts'
import { checkCredentials } from '../oci/registry/auth/check-credentials.ts'
import { openKnownRealms, createPin, storePin } from '../oci/registry/auth/realm-pins.ts'
import type { RealmPin } from '../oci/registry/auth/realm.ts'
import type { Credential } from '../oci/registry/credentials/credential.ts'
import { removeCredential, storeCredential } from '../oci/registry/credentials/credential-store.ts'
import type { RegistryClientOptions } from './open/client-options.ts'
import { openTransport } from './open/open-registry.ts'

export interface LoginResult {
  readonly registry: string
  /** The file or the credential helper that has the credential. */
  readonly place: string
  /** Origin of the token service that the registry names. */
  readonly realm?: string
}

/** Stores a credential once the registry has accepted it. Throws what `checkCredentials` and `storeCredential` throw. */
export async function logIn(
  registry: string,
  credential: Credential,
  access: RegistryClientOptions,
): Promise<LoginResult> {
  const { registryConfig, trustedRealms, signal } = access
  // Pins of earlier logins are ignored: a login is how a changed token service becomes known.
  const realms = openKnownRealms(undefined, trustedRealms)
  const { realm } = await checkCredentials(registry, credential, {
    transport: openTransport(access),
    realms,
    signal,
  })
  const { place } = await storeCredential(findCredentialStorePath({ registryConfig }), registry, credential)
  const pin = realm === undefined ? undefined : createPin(realm, realms)
  await storeRealmPin(registry, pin, access)
  return { registry, place, ...(pin === undefined ? {} : { realm: pin.origin }) }
}

export interface LogoutResult {
  readonly registry: string
  /** Whether a credential was stored. */
  readonly removed: boolean
}

/** Removes the stored credential and the pinned token service of a registry. */
export async function logOut(
  registry: string,
  { registryConfig }: Pick<RegistryClientOptions, 'registryConfig'>,
): Promise<LogoutResult> {
  const removed = await removeCredential(findCredentialStorePath({ registryConfig }), registry)
  const pins = findRealmPinsPath()
  if (pins !== undefined) await storePin(pins, registry, undefined)
  return { registry, removed }
}

/** A read-only home directory must not fail the login, so a pin that cannot be written is a warning. */
async function storeRealmPin(
  registry: string,
  pin: RealmPin | undefined,
  { warn }: RegistryClientOptions,
): Promise<void> {
  const path = findRealmPinsPath()
  try {
    if (path !== undefined) return await storePin(path, registry, pin)
  } catch (error) {
    if (!(error instanceof WasmpackError) || error.code !== 'FILE_UNWRITABLE') throw error
  }
  if (pin === undefined) return
  const problem = path === undefined ? 'there is no home directory' : `cannot write ${path}`
  warn?.(`the token service ${pin.origin} is not pinned: ${problem}; a change of it will not be detected`)
}
