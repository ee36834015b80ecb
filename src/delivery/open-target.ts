import { credentialFiles } from '../config/credential-files.ts'
import type { Credential } from '../oci/registry/credential.ts'
import type { Reference } from '../oci/reference.ts'
import type { Target } from '../oci/target.ts'

/** How to reach registries; an OCI layout needs none of it. */
export interface Access {
  /** Plain HTTP for every host; by default for loopback hosts only. */
  readonly plainHttp?: boolean | undefined
  readonly insecure?: boolean | undefined
  /** PEM text of authorities to trust beside the usual ones. */
  readonly ca?: string | undefined
  /** The only file to look for credentials in. */
  readonly registryConfig?: string | undefined
  /** Given on the command line: used for the registry of the reference, in place of what files hold. */
  readonly credential?: Credential | undefined
  readonly debug: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * The repository that a reference names. A layout that is not there is made with `create` and is NOT_FOUND without. No
 * connection is opened yet, and what only registries need is loaded for registries only.
 */
export async function openTarget(
  reference: Reference,
  access: Access,
  { create }: { readonly create: boolean } = { create: false },
): Promise<Target> {
  if (reference.kind === 'layout') {
    const { openLayout } = await import('../oci/layout/layout.ts')
    return openLayout(reference.path, { create })
  }
  const [{ openRegistry }, { openCredentials }, transport] = await Promise.all([
    import('../oci/registry/registry-target.ts'),
    import('../oci/registry/credentials.ts'),
    openTransport(access),
  ])
  const credentials = openCredentials({
    explicit: access.credential && { registry: reference.registry, credential: access.credential },
    files: () => credentialFiles({ registryConfig: access.registryConfig }),
  })
  return openRegistry(reference, { transport, credentials })
}

/** The transport alone, for `login`. */
export async function openTransport(access: Access): Promise<import('../http/transport.ts').Transport> {
  const { Transport } = await import('../http/transport.ts')
  const { plainHttp, insecure, ca, debug, signal } = access
  return new Transport({ plainHttp, insecure, ca, debug, signal })
}
