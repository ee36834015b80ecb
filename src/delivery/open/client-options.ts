import type { ClientCertificate } from '../../http/tls.ts'
import type { Credential } from '../../oci/registry/credentials/credential.ts'

/** Options of the registry client; OCI layouts and archives ignore them. */
export interface RegistryClientOptions {
  /** Plain HTTP for every host; by default for loopback hosts only. */
  readonly plainHttp?: boolean | undefined
  readonly insecure?: boolean | undefined
  /** PEM text of additional authorities to trust. */
  readonly ca?: string | undefined
  /** File of `ca`, for messages. */
  readonly caFile?: string | undefined
  /** Presented to registries that request one. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** Authentication file; replaces the default locations. */
  readonly registryConfig?: string | undefined
  /** registries.conf file; replaces the default files. */
  readonly registriesConf?: string | undefined
  /** Token services that the user trusts by name, as hosts or origins. */
  readonly trustedRealms?: readonly string[] | undefined
  /** From the command line, for one registry; overrides files. */
  readonly credential?: Credential | undefined
  /** Retries of transient failures. */
  readonly retries?: number | undefined
  /** End of the run in milliseconds since 1970. */
  readonly deadline?: number | undefined
  readonly debug: ((line: string) => void) | undefined
  /** Called with the reason for a noticeable delay. */
  readonly note?: ((line: string) => void) | undefined
  /** Called with each warning of a registry once. */
  readonly warn?: ((line: string) => void) | undefined
  readonly signal: AbortSignal
}
