import { CacheDirectory, type CacheOptions } from '../../oci/cache/cache-directory.ts'
import { CachedTarget } from '../../oci/cache/cached-target.ts'
import { identifyCredential } from '../../oci/registry/credentials/credential.ts'
import { openRegistry } from '../../oci/registry/registry-target.ts'
import type { RegistryReference } from '../../oci/reference.ts'
import type { ReadOnlyTarget } from '../../oci/target.ts'
import { openEndpoint, createEndpointResolver } from './open-registry.ts'
import type { RegistryClientOptions } from './client-options.ts'

/**
 * Opens repositories of registries behind a cache. Repositories with mirrors, which have credentials of their own, bypass the
 * cache.
 */
export function createCachedRegistryOpener(
  access: RegistryClientOptions,
  cache: CacheOptions,
): (reference: RegistryReference) => Promise<ReadOnlyTarget> {
  const resolveEndpoint = createEndpointResolver(access)
  const directory = new CacheDirectory(cache)
  return async (reference) => {
    const endpoint = await resolveEndpoint(reference, 'pull')
    const { options, locations } = endpoint
    if (locations !== undefined) return openEndpoint(reference, endpoint, access)
    const { registry, repository } = reference
    const target = openRegistry(reference, options)
    // Ignore credential lookup failures: the registry may not require any.
    const found = await options.credentials.find(registry, repository, access.signal).catch(() => undefined)
    if (found === undefined) return target
    const secret = found.credential && identifyCredential(found.credential)
    const content = await directory.openContent({ registry, repository, secret })
    return content === undefined ? target : new CachedTarget(target, content)
  }
}
