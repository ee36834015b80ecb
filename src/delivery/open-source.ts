import type { CacheOptions } from '../oci/cache/cache-directory.ts'
import type { Reference } from '../oci/reference.ts'
import type { ReadOnlyTarget } from '../oci/target.ts'
import { type Access, registryReacher, targetOpener } from './open-target.ts'

/** Opens a repository that is only read. */
export type OpenSource = (reference: Reference) => Promise<ReadOnlyTarget>

/**
 * Opens repositories as {@link targetOpener} does, those of registries behind a cache if one is given. What may be read from
 * mirrors, which have credentials of their own, is read past the cache.
 */
export function sourceOpener(access: Access, cache: CacheOptions | undefined): OpenSource {
  const openTarget = targetOpener(access)
  if (cache === undefined) return openTarget
  const reach = registryReacher(access)
  let loaded: ReturnType<typeof loadCache> | undefined
  return async (reference) => {
    if (reference.kind !== 'registry') return openTarget(reference)
    const { options, locations } = await reach(reference, 'pull')
    if (locations !== undefined) return openTarget(reference)
    loaded ??= loadCache(cache)
    const { openRegistry, directory, CachedTarget } = await loaded
    const { registry, repository } = reference
    const target = openRegistry(reference, options)
    // Whether credentials that cannot be had are needed is for the registry to say.
    const found = await options.credentials.find(registry, repository, access.signal).catch(() => undefined)
    if (found === undefined) return target
    const content = await directory.contentOf({ registry, repository, credential: found.credential })
    return content === undefined ? target : new CachedTarget(target, content)
  }
}

async function loadCache(cache: CacheOptions) {
  const [{ openRegistry }, { CacheDirectory }, { CachedTarget }] = await Promise.all([
    import('../oci/registry/registry-target.ts'),
    import('../oci/cache/cache-directory.ts'),
    import('../oci/cache/cached-target.ts'),
  ])
  return { openRegistry, directory: new CacheDirectory(cache), CachedTarget }
}
