import { WasmpackError } from '../../errors.ts'
import { formatRepository, type Reference } from '../../oci/reference.ts'
import type { Target } from '../../oci/target.ts'
import type { RegistryAction } from '../../oci/registry/auth/scope.ts'
import type { RegistryClientOptions } from './client-options.ts'

/**
 * Opens the repository of a reference. A missing layout or archive is created with `create`, else throws NOT_FOUND.
 * Throws USAGE for writing to an archive without `commits`. All targets of one opener share connections and tokens. Nothing is sent
 * yet, and the registry client is loaded for registries only.
 */
export type OpenTarget = (reference: Reference, options?: OpenOptions) => Promise<Target>

export interface OpenOptions {
  readonly create?: boolean
  /** The action that tokens are requested for; by default that of the opener. */
  readonly purpose?: RegistryAction
  /** Whether the caller commits its writes, as archives require. */
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
  new WasmpackError(
    'USAGE',
    `${formatRepository(reference)} is an archive: only wasmpack copy can write it`,
    {
      hint: 'write to an OCI layout, then: wasmpack copy oci-layout:PATH:TAG oci-archive:FILE',
    },
  )
