import { WasmpackError } from '../errors.ts'
import { collectBounds } from '../gitops/render/bounds.ts'
import { renderModule, RENDER_TARGETS, requireEnforced } from '../gitops/render/render.ts'
import type { Rendered, RenderOptions, RenderTarget } from '../gitops/render/target.ts'
import { formatRepository, type Reference } from '../oci/reference.ts'
import type { AdmissionResult } from './admit.ts'
import type { PolicyInForce } from './policies.ts'

export { RENDER_TARGETS, requireEnforced }
export type { RenderTarget }

/** An artifact that was admitted, and what it is rendered for. */
export interface RenderArtifactRequest {
  /** As the user wrote it; its tag was resolved once, and only the digest counts. */
  readonly reference: Reference
  readonly admission: AdmissionResult
  readonly policies: readonly PolicyInForce[]
  readonly target: RenderTarget
  readonly options: RenderOptions
}

/** Renders what was admitted, and throws where {@link renderModule} does. */
export function renderArtifact({
  reference,
  admission,
  policies,
  target,
  options,
}: RenderArtifactRequest): Rendered {
  const { manifest, source, inspection, verdict, capabilities } = admission
  if (verdict?.allowed !== true) throw new Error('only an admitted module may be rendered')
  if (target.readsFile !== true && reference.kind !== 'registry')
    throw new WasmpackError(
      'USAGE',
      `${target.name} pulls from a registry, and this is an OCI ${reference.kind}`,
      {
        hint: 'copy it first: wasmpack copy REFERENCE REGISTRY/REPOSITORY:TAG',
      },
    )
  if (target.readsFile !== true && manifest.kind === 'index')
    throw new WasmpackError(
      'USAGE',
      `${manifest.digest} is an index, of which ${target.name} would choose a part itself`,
      {
        hint: `render the manifest that holds the module: ${formatRepository(reference)}@${source.manifest.digest}`,
      },
    )
  return renderModule(target, {
    reference: {
      ...(reference.kind === 'registry' ? { repository: formatRepository(reference) } : {}),
      tag: reference.tag,
      digest: manifest.digest,
    },
    form: source.form,
    inspection,
    bounds: collectBounds({
      inspection,
      verdict,
      manifests: capabilities,
      policyLimits: policies.flatMap(({ policy }) => policy.spec.limits ?? []),
    }),
    options,
  })
}
