import { WasmpackError } from '../../errors.ts'
import type { ClientCertificate } from '../../http/tls.ts'
import type { Credential } from '../../oci/registry/credentials/credential.ts'
import { formatRepository, type Reference } from '../../oci/reference.ts'
import type { Target } from '../../oci/target.ts'

/** How to reach registries; OCI layouts and archives need none of it. */
export interface Access {
  /** Plain HTTP for every host; by default for loopback hosts only. */
  readonly plainHttp?: boolean | undefined
  readonly insecure?: boolean | undefined
  /** PEM text of authorities to trust beside the usual ones. */
  readonly ca?: string | undefined
  /** Where that was read, for messages. */
  readonly caFile?: string | undefined
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
  readonly debug: ((line: string) => void) | undefined
  /** Hears why it takes so long. */
  readonly note?: ((line: string) => void) | undefined
  /** Hears what registries want their users to know, each thing once. */
  readonly warn?: ((line: string) => void) | undefined
  readonly signal: AbortSignal
}

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
  readonly purpose?: Purpose
  /** Whether the caller commits what it writes, as archives need it. */
  readonly commits?: boolean
}

export type Purpose = 'pull' | 'push' | 'delete'

export function targetOpener(access: Access, usual: Purpose = 'pull'): OpenTarget {
  let opener: ReturnType<typeof loadOpener> | undefined
  return async (reference, { create = false, purpose = usual, commits = false } = {}) => {
    if (reference.kind === 'registry') {
      opener ??= loadOpener(access)
      return (await opener)(reference, purpose)
    }
    if (reference.kind === 'archive') {
      if (purpose !== 'pull' && !commits) throw writtenByCopyOnly(reference)
      const { openArchive } = await import('../../oci/archive/archive.ts')
      return openArchive(reference.path, { create })
    }
    const { openLayout } = await import('../../oci/layout/layout.ts')
    return openLayout(reference.path, { create, signal: access.signal })
  }
}

async function loadOpener(access: Access) {
  const { registryOpener } = await import('./open-registry.ts')
  return registryOpener(access)
}

const writtenByCopyOnly = (reference: Reference): WasmpackError =>
  new WasmpackError('USAGE', `${formatRepository(reference)} is an archive, which only a copy can write`, {
    hint: 'write to an OCI layout, then: wasmpack copy oci-layout:PATH:TAG oci-archive:FILE',
  })
