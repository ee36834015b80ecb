import type { CoreKind } from '../../wasm/types/inspection.ts'
import type { Constraints } from './constraints.ts'
import type {
  ACCESS,
  CAPABILITY_API_VERSION,
  CAPABILITY_MANIFEST_KIND,
  CLOCKS,
  COMPONENT_HOST_KINDS,
  ON_UNKNOWN_IMPORT,
  ON_UNUSED,
  PROXY,
  STDIO,
} from './formats.ts'

/**
 * What a module is granted; all else is denied. A list of hosts, paths or names that is empty allows the import and reaches
 * nothing. The JSON Schema is `schemas/capability-manifest.v1alpha1.schema.json`.
 */
export interface CapabilityManifest {
  readonly apiVersion: typeof CAPABILITY_API_VERSION
  readonly kind: typeof CAPABILITY_MANIFEST_KIND
  readonly metadata: { readonly name: string; readonly description?: string }
  readonly spec: CapabilitySpec
}

export interface CapabilitySpec extends Constraints {
  readonly grants: Grants
  readonly hostInterfaces?: readonly HostInterface[]
  /** What comes of a grant that no import needs; `warn` if absent. */
  readonly onUnused?: (typeof ON_UNUSED)[number]
  /** What comes of an import that neither a rule nor a grant knows; `error` if absent. There is no way to leave it unsaid. */
  readonly onUnknownImport?: (typeof ON_UNKNOWN_IMPORT)[number]
}

/** What is `false` in a file is absent here. */
export interface Grants {
  readonly stdio?: readonly (typeof STDIO)[number][]
  readonly clocks?: readonly (typeof CLOCKS)[number][]
  readonly random?: true
  readonly args?: true
  readonly cwd?: true
  /** Ending needs no grant; this one is for raising a signal. */
  readonly exit?: true
  /** A name may end in `*`. */
  readonly env?: { readonly names: readonly string[] }
  readonly filesystem?: readonly Directory[]
  readonly http?: {
    /** `[http://|https://]host[:port]`; a host may begin with `*.`. */
    readonly outgoing?: { readonly hosts: readonly string[] }
    readonly incoming?: true
  }
  readonly sockets?: {
    readonly tcp?: SocketGrant
    readonly udp?: SocketGrant
    readonly dns?: readonly string[]
    /** The servers that it may ask the host's TLS to speak to, over a connection that it already has. */
    readonly tls?: readonly string[]
  }
  /** Names here and below may end in `*`. */
  readonly config?: { readonly keys: readonly string[] }
  readonly secrets?: { readonly keys: readonly string[] }
  readonly keyvalue?: { readonly stores: readonly string[]; readonly access: readonly StoreOperation[] }
  readonly blobstore?: { readonly containers: readonly string[]; readonly access: readonly StoreOperation[] }
  readonly messaging?: { readonly topics: readonly string[] }
  readonly database?: {
    /** `host:port`. */
    readonly postgres?: readonly string[]
    readonly mysql?: readonly string[]
    readonly redis?: readonly string[]
    /** The host's names for them. */
    readonly sqlite?: readonly string[]
  }
  readonly nn?: {
    /** Models that the host holds under a name. */
    readonly graphs?: readonly string[]
    /** Models that the module brings itself. */
    readonly load?: true
  }
  readonly logging?: true
  readonly telemetry?: true
  readonly crypto?: true
  readonly threads?: true
  readonly proxy?: readonly (typeof PROXY)[number][]
  /** Calls whose meaning is in what is sent: `oci/v1/verify`. */
  readonly hostCalls?: { readonly operations: readonly string[] }
}

export type StoreOperation = (typeof ACCESS)[number]

export interface Directory {
  /** As the module sees it: absolute, or `.`. */
  readonly guest: string
  readonly mode: 'ro' | 'rw'
}

/** `host:port`, `10.0.0.0/8:5432`, `[::1]:80`, with `*` for any. */
export interface SocketGrant {
  readonly connect: readonly string[]
  readonly listen: readonly string[]
}

/** Imports that the catalogue does not know, granted by name. */
export type HostInterface = CoreHostInterface | ComponentHostInterface | ImplementedHostInterface

export interface CoreHostInterface {
  readonly module: string
  readonly names: readonly string[]
  /** `func` if absent. */
  readonly kind?: CoreKind
  /** As `wasmpack inspect` shows it; any type if absent. */
  readonly type?: string
}

export interface ComponentHostInterface {
  /** An interface, matched on its semver-compatible track, or another name, matched exactly. */
  readonly component: string
  /** Of an instance. */
  readonly functions?: readonly string[]
  /** An instance with functions if absent; `instance` is one without any. */
  readonly kind?: (typeof COMPONENT_HOST_KINDS)[number]
}

/** An instance under a label of the module's own: what it implements decides. */
export interface ImplementedHostInterface {
  readonly implements: string
  readonly functions: readonly string[]
  /** The labels; any if absent. */
  readonly as?: readonly string[]
  readonly externalId?: readonly string[]
}
