import type { Inspection } from '../../wasm/types/inspection.ts'
import { describeModuleLayer, packArtifact, type PackedArtifact, type PackRequest } from './pack.ts'
import { findLayer, type Profile } from './profile.ts'

/** CNCF Wasm artifact: https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/ */
export const WASM_CONFIG = 'application/vnd.wasm.config.v0+json'
export const WASM_LAYER = 'application/wasm'

/**
 * Names the artifact to registries: Harbor shows it as WASM, and one without an artifact type as UNKNOWN. Readers go by the
 * config's type.
 */
const WASM_ARTIFACT = 'application/vnd.wasm.config.v1+json'

/** Without its config a layer of the type is a plain file. */
export const WASM: Profile = {
  form: 'wasm',
  layerType: WASM_LAYER,
  recognise: (manifest) =>
    manifest.config.mediaType === WASM_CONFIG ? findLayer(manifest, WASM_LAYER) : undefined,
}

/**
 * Wraps a module as a CNCF Wasm artifact. An entrypoint is what containerd takes for the command of a pod that names none; it
 * changes the digest.
 * https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/
 */
export const packWasm = (request: PackRequest, entrypoint?: string): PackedArtifact =>
  packArtifact(
    { ...request, artifactType: request.artifactType ?? WASM_ARTIFACT },
    {
      config: {
        mediaType: WASM_CONFIG,
        content: {
          ...configOf(request),
          ...(entrypoint === undefined ? {} : { config: { Entrypoint: [`/${entrypoint}`] } }),
        },
      },
      layers: () => [describeModuleLayer(request, WASM_LAYER)],
    },
  )

/** The key order and the nulls are those of the oci-wasm crate, which most readers are built on. */
function configOf({ inspection, module, created }: PackRequest): object {
  const isModule = inspection.kind === 'module'
  return {
    created,
    author: null,
    architecture: 'wasm',
    os: isModule ? 'wasip1' : 'wasip2',
    layerDigests: [module.digest],
    component: isModule
      ? null
      : { exports: exportsOf(inspection), imports: importsOf(inspection), target: null },
  }
}

const exportsOf = (inspection: Exclude<Inspection, { kind: 'module' }>): readonly string[] =>
  inspection.kind === 'wit'
    ? [...inspection.exports].sort()
    : inspection.exports.map(({ name }) => name).sort()

const importsOf = (inspection: Exclude<Inspection, { kind: 'module' }>): readonly string[] =>
  inspection.kind === 'wit' ? [] : inspection.imports.map(({ name }) => name).sort()
