import type { ClientCertificate } from '../../http/tls.ts'
import type { Credential } from '../../oci/registry/credentials/credential.ts'

/** How to reach registries; OCI layouts and archives need none of it. */
export interface RegistryClientOptions {
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
