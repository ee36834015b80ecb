import { WasmpackError } from '../../errors.ts'
import { formatRepository, type Reference } from '../../oci/reference.ts'
import type { Target } from '../../oci/target.ts'
import type { RegistryAction } from '../../oci/registry/auth/scope.ts'
import type { RegistryClientOptions } from './client-options.ts'

/**
 * Opens the repository that a reference names. A layout or archive that is not there is made with `create` and is NOT_FOUND
 * without. Throws USAGE for an archive that would be written otherwise than with `commits`.
 * All targets of one opener share connections and tokens; none is asked for yet, and what only registries need is loaded
 * for registries only.
 */
export type OpenTarget = (reference: Reference, options?: OpenOptions) => Promise<Target>

export interface OpenOptions {
  readonly create?: boolean
  /** What a token is asked for; the opener's own purpose by default. */
  readonly purpose?: RegistryAction
  /** Whether the caller commits what it writes, as archives need it. */
  readonly commits?: boolean
}

export function createTargetOpener(
  access: RegistryClientOptions,
  usual: RegistryAction = 'pull',
): OpenTarget {
  let opener: ReturnType<typeof loadOpener> | undefined
  return async (reference, { create = false, purpose = usual, commits = false } = {}) => {
    if (reference.kind === 'registry') {
      opener ??= loadOpener(access)
      return (await opener)(reference, purpose)
    }
    if (reference.kind === 'archive') {
      if (purpose !== 'pull' && !commits) throw refuseArchiveWrite(reference)
      const { openArchive } = await import('../../oci/archive/archive.ts')
      return openArchive(reference.path, { create })
    }
    const { openLayout } = await import('../../oci/layout/layout.ts')
    return openLayout(reference.path, { create, signal: access.signal })
  }
}

async function loadOpener(access: RegistryClientOptions) {
  const { createRegistryOpener } = await import('./open-registry.ts')
  return createRegistryOpener(access)
}

const refuseArchiveWrite = (reference: Reference): WasmpackError =>
  new WasmpackError('USAGE', `${formatRepository(reference)} is an archive, which only a copy can write`, {
    hint: 'write to an OCI layout, then: wasmpack copy oci-layout:PATH:TAG oci-archive:FILE',
  })
