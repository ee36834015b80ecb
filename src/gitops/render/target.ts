import type { ArtifactForm } from '../../artifact/profiles/profile.ts'
import type { Digest } from '../../oci/digest.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import type { Bounds } from './bounds.ts'
import type { Enforcement, Keepers } from './enforcement.ts'

/** What the rendered text is told apart from the module and its grants. Names are checked where they are read. */
export interface RenderOptions {
  /** Of the objects, and of the module's file where a target reads a file. */
  readonly name: string
  readonly namespace?: string | undefined
  readonly replicas?: number | undefined
  readonly pullSecret?: string | undefined
  readonly runtimeClass?: string | undefined
  readonly workloadSelector?: Readonly<Record<string, string>> | undefined
  /** The handler of a RuntimeClass to print as well. */
  readonly runtimeClassObject?: RuntimeHandler | undefined
  /** Directories of the host by those of the guest. */
  readonly directories?: ReadonlyMap<string, string> | undefined
  /** The minor version of Envoy 1. */
  readonly envoyVersion?: number | undefined
  readonly listener?: 'http' | 'network' | undefined
  readonly restrict?: boolean | undefined
  readonly api?: 'wasmplugin' | 'trafficextension' | undefined
  readonly network?: 'kubernetes' | 'cilium' | undefined
}

export const RUNTIME_HANDLERS = ['wasmtime', 'wasmedge', 'wasmer'] as const
export type RuntimeHandler = (typeof RUNTIME_HANDLERS)[number]

/** An admitted artifact, as a runtime is told to fetch it. */
export interface RenderReference {
  /** `host[:port]/repository`; absent for OCI layouts and archives, which no cluster reads. */
  readonly repository?: string | undefined
  readonly tag?: string | undefined
  readonly digest: Digest
}

export interface RenderRequest {
  readonly reference: RenderReference
  readonly form: ArtifactForm
  readonly inspection: Inspection
  readonly bounds: Bounds
  readonly options: RenderOptions
}

/** A Kubernetes object, or another document of a platform. */
export type RenderedObject = Readonly<Record<string, unknown>>

/** What a target wants to run the module. */
export type Rendering = {
  /** What cannot be seen in the objects and has to be known before they are used. */
  readonly notes?: readonly string[]
} & (
  | { readonly kind: 'objects'; readonly objects: readonly RenderedObject[] }
  /** A part of a pod template, for kustomize. */
  | { readonly kind: 'template'; readonly template: RenderedObject }
  | { readonly kind: 'configuration'; readonly configuration: RenderedObject }
  | { readonly kind: 'command'; readonly argv: readonly string[] }
)

/** A rendering, and who keeps what was granted. */
export type Rendered = Rendering & { readonly enforcement: readonly Enforcement[] }

/** What decides who keeps a bound. */
export type KeepRequest = Pick<RenderRequest, 'bounds' | 'options'> & {
  readonly inspection: Pick<Inspection, 'kind'>
}

/** The flags that only some targets have. */
export type TargetOption = Exclude<keyof RenderOptions, 'name'>

/** A runtime or platform to render for. Pure: the same request gives the same output. */
export interface RenderTarget {
  readonly name: string
  /** The forms of artifacts that it loads, and the profile to push with instead of others. */
  readonly forms: readonly ArtifactForm[] | 'any'
  readonly profile: 'wasm' | 'image' | 'legacy'
  /** Whether it reads a file that was pulled, and so any reference. */
  readonly readsFile?: boolean
  readonly options: readonly TargetOption[]
  /** Throws CAPABILITY_DENIED for a module that it cannot run. */
  render(request: RenderRequest): Rendering
  /** Who keeps the bounds in what `render` returns. */
  keep(request: KeepRequest): Keepers
}
