import type { CacheOptions } from '../../oci/cache/cache-directory.ts'
import type { Reference } from '../../oci/reference.ts'
import type { ReadOnlyTarget } from '../../oci/target.ts'
import type { RegistryClientOptions } from './client-options.ts'
import { createTargetOpener } from './open-target.ts'

/** Opens a repository that is only read. */
export type OpenSource = (reference: Reference) => Promise<ReadOnlyTarget>

/** Opens repositories as {@link createTargetOpener} does, those of registries behind a cache if one is given. */
export function createSourceOpener(
  access: RegistryClientOptions,
  cache: CacheOptions | undefined,
): OpenSource {
  const openTarget = createTargetOpener(access)
  if (cache === undefined) return openTarget
  let opener: ReturnType<typeof loadOpener> | undefined
  return async (reference) => {
    if (reference.kind !== 'registry') return openTarget(reference)
    opener ??= loadOpener(access, cache)
    return (await opener)(reference)
  }
}

async function loadOpener(access: RegistryClientOptions, cache: CacheOptions) {
  const { createCachedRegistryOpener } = await import('./open-cached.ts')
  return createCachedRegistryOpener(access, cache)
}
