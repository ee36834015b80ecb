import type { API_VERSION, Metadata } from '../../documents/metadata.ts'
import type { CoreKind } from '../../wasm/types/inspection.ts'
import type { Constraints } from './constraints.ts'
import type {
  CAPABILITY_MANIFEST_KIND,
  COMPONENT_HOST_KINDS,
  ON_UNKNOWN_IMPORT,
  ON_UNUSED,
} from './formats.ts'
import type { Grants } from './grant-table.ts'

/**
 * What a module is granted; everything else is denied. An empty list of hosts, paths or names allows the import and reaches
 * nothing. The JSON Schema is `schemas/capability-manifest.v1alpha1.schema.json`.
 */
export interface CapabilityManifest {
  readonly apiVersion: typeof API_VERSION
  readonly kind: typeof CAPABILITY_MANIFEST_KIND
  readonly metadata: Metadata
  readonly spec: CapabilitySpec
}

export interface CapabilitySpec extends Constraints {
  readonly grants: Grants
  readonly hostInterfaces?: readonly HostInterface[]
  /** How to report a grant that no import needs; `warn` if absent. */
  readonly onUnused?: (typeof ON_UNUSED)[number]
  /** How to report an import that is neither in the catalogue nor granted; `error` if absent. It cannot be ignored. */
  readonly onUnknownImport?: (typeof ON_UNKNOWN_IMPORT)[number]
}

/** Imports that are not in the catalogue, granted by name. */
export type HostInterface =
  | CoreHostInterface
  | StringConstantsHostInterface
  | ComponentHostInterface
  | ImplementedHostInterface

export interface CoreHostInterface {
  readonly module: string
  readonly names: readonly string[]
  /** `func` if absent. */
  readonly kind?: CoreKind
  /** As `wasmpack inspect` prints it; any type if absent. */
  readonly type?: string
}

/** Every string constant of a module, whatever its name: immutable globals of type `externref` or `(ref extern)`. */
export interface StringConstantsHostInterface {
  /** The module's name, as hosts pass it to `WebAssembly.compile`. */
  readonly importedStringConstants: string
}

export interface ComponentHostInterface {
  /** An interface, matched on its semver-compatible track, or another name, matched exactly. */
  readonly component: string
  /** Functions of the instance. */
  readonly functions?: readonly string[]
  /** An instance with functions if absent; `instance` is an instance without functions. */
  readonly kind?: (typeof COMPONENT_HOST_KINDS)[number]
}

/** An instance that the module imports under a label of its own, granted by the interface that it implements. */
export interface ImplementedHostInterface {
  readonly implements: string
  readonly functions: readonly string[]
  /** Labels; any if absent. */
  readonly as?: readonly string[]
  readonly externalId?: readonly string[]
}
