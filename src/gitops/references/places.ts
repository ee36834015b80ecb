import type { Reader } from '../readers/readers.ts'

/** Where objects of a kind refer to Wasm artifacts. */
export interface Place {
  /** The group of the API, of any version; empty for the core group. */
  readonly group: string
  readonly kinds: readonly string[]
  /** As {@link findFields} takes it. */
  readonly path: string
  /** What stands before a reference: an address of another scheme is no reference, and without a scheme it is one. */
  readonly scheme?: 'oci' | 'registry'
  /** Where the digest is repeated: a field of the map that is this many levels above the reference. */
  readonly checksum?: { readonly field: string; readonly above: number }
  /** The field holds or changes code itself, which no registry has and nothing verifies. */
  readonly isCode?: true
  /** The consumer, which has to read the artifact as it is; absent for a kind that is not known. */
  readonly reader?: Reader
}

const BESIDE = { field: 'sha256', above: 0 }

/** Kinds of objects besides pods, whose templates are found in every kind. */
export const PLACES: readonly Place[] = [
  { group: 'core.spinkube.dev', kinds: ['SpinApp'], path: 'spec.image', reader: 'spin' },
  ...['components[*]', 'service'].flatMap((part): readonly Place[] => [
    {
      group: 'runtime.wasmcloud.dev',
      kinds: ['WorkloadDeployment', 'WorkloadReplicaSet'],
      path: `spec.template.spec.${part}.image`,
      reader: 'wasmcloud',
    },
    { group: 'runtime.wasmcloud.dev', kinds: ['Workload'], path: `spec.${part}.image`, reader: 'wasmcloud' },
  ]),
  {
    group: 'extensions.istio.io',
    kinds: ['WasmPlugin'],
    path: 'spec.url',
    scheme: 'oci',
    checksum: BESIDE,
    reader: 'istio',
  },
  {
    group: 'extensions.istio.io',
    kinds: ['TrafficExtension'],
    path: 'spec.wasm.url',
    scheme: 'oci',
    checksum: BESIDE,
    reader: 'istio',
  },
  {
    group: 'gateway.envoyproxy.io',
    kinds: ['EnvoyExtensionPolicy'],
    path: 'spec.wasm[*].code.image.url',
    checksum: BESIDE,
    reader: 'envoy-gateway',
  },
  // No reference, but code that Envoy Gateway fetches and nothing verifies.
  { group: 'gateway.envoyproxy.io', kinds: ['EnvoyExtensionPolicy'], path: 'spec.wasm[*].code.http.url' },
  // Envoy's own configuration, which Istio's agent fetches oci:// addresses of; fields are read in both spellings of protobuf JSON.
  ...['http_uri', 'httpUri'].flatMap((field): readonly Place[] => {
    const uri = {
      path: `**.code.remote.${field}.uri`,
      scheme: 'oci',
      checksum: { field: 'sha256', above: 1 },
    } as const
    return [
      { group: 'networking.istio.io', kinds: ['EnvoyFilter'], ...uri, reader: 'istio' },
      { group: 'gateway.envoyproxy.io', kinds: ['EnvoyPatchPolicy'], ...uri },
    ]
  }),
  ...[
    'filename',
    'inline_bytes',
    'inlineBytes',
    'inline_string',
    'inlineString',
    'environment_variable',
  ].flatMap((field): readonly Place[] => {
    const local = { path: `**.code.local.${field}`, isCode: true } as const
    return [
      { group: 'networking.istio.io', kinds: ['EnvoyFilter'], ...local },
      { group: 'gateway.envoyproxy.io', kinds: ['EnvoyPatchPolicy'], ...local },
    ]
  }),
  {
    group: 'policies.kubewarden.io',
    kinds: ['ClusterAdmissionPolicy', 'AdmissionPolicy'],
    path: 'spec.module',
    scheme: 'registry',
    reader: 'kubewarden',
  },
  {
    group: 'policies.kubewarden.io',
    kinds: ['ClusterAdmissionPolicyGroup', 'AdmissionPolicyGroup'],
    path: 'spec.policies.*.module',
    scheme: 'registry',
    reader: 'kubewarden',
  },
]

/** The RuntimeClasses that `render` prints pods for. */
export const RUNTIME_CLASSES = ['wasmtime', 'wasmedge', 'wasmer'] as const
