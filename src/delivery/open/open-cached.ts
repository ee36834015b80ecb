import { CacheDirectory, type CacheOptions } from '../../oci/cache/cache-directory.ts'
import { CachedTarget } from '../../oci/cache/cached-target.ts'
import { credentialIdentity } from '../../oci/registry/credentials/credential.ts'
import { openRegistry } from '../../oci/registry/registry-target.ts'
import type { RegistryReference } from '../../oci/reference.ts'
import type { ReadOnlyTarget } from '../../oci/target.ts'
import { openLocated, registryReacher } from './open-registry.ts'
import type { Access } from './client-options.ts'

/**
 * Opens repositories of registries behind a cache. What may be read from mirrors, which have credentials of their own, is read
 * past the cache.
 */
export function cachedRegistryOpener(
  access: Access,
  cache: CacheOptions,
): (reference: RegistryReference) => Promise<ReadOnlyTarget> {
  const reach = registryReacher(access)
  const directory = new CacheDirectory(cache)
  return async (reference) => {
    const reached = await reach(reference, 'pull')
    const { options, locations } = reached
    if (locations !== undefined) return openLocated(reference, reached, access)
    const { registry, repository } = reference
    const target = openRegistry(reference, options)
    // Whether credentials that cannot be had are needed is for the registry to say.
    const found = await options.credentials.find(registry, repository, access.signal).catch(() => undefined)
    if (found === undefined) return target
    const secret = found.credential && credentialIdentity(found.credential)
    const content = await directory.contentOf({ registry, repository, secret })
    return content === undefined ? target : new CachedTarget(target, content)
  }
}
