import { WasmpackError } from '../../errors.ts'
import { listFirst } from '../../listing.ts'
import { allowsUnenforced, listEnforcement, listUnenforced } from './enforcement.ts'
import { ENVOY_GATEWAY_TARGET } from './envoy-gateway.ts'
import { ENVOY_TARGET } from './envoy.ts'
import { IMAGE_VOLUME_TARGET } from './image-volume.ts'
import { ISTIO_TARGET } from './istio.ts'
import { annotate } from './kubernetes.ts'
import { KUBEWARDEN_TARGET } from './kubewarden.ts'
import { RUNWASI_TARGET } from './runwasi.ts'
import { SPIN_TARGET } from './spin.ts'
import type { Rendered, RenderedObject, RenderRequest, RenderTarget } from './target.ts'
import { WASMCLOUD_TARGET } from './wasmcloud.ts'
import { WASMTIME_TARGET } from './wasmtime.ts'

/** Every runtime and platform to render for. */
export const RENDER_TARGETS: readonly RenderTarget[] = [
  WASMTIME_TARGET,
  RUNWASI_TARGET,
  IMAGE_VOLUME_TARGET,
  ENVOY_TARGET,
  ISTIO_TARGET,
  ENVOY_GATEWAY_TARGET,
  SPIN_TARGET,
  WASMCLOUD_TARGET,
  KUBEWARDEN_TARGET,
]

/** Of an object: the grants and limits that nobody keeps, and that `--allow-unenforced` names. */
export const ANNOTATION_UNENFORCED = 'wasmpack.dev/unenforced'

/** Renders an admitted module. Throws USAGE for a form that the target does not load, CAPABILITY_DENIED for a module that it cannot run. */
export function renderModule(target: RenderTarget, request: RenderRequest): Rendered {
  if (target.forms !== 'any' && !target.forms.includes(request.form))
    throw new WasmpackError('USAGE', `${target.name} does not load an artifact of the form ${request.form}`, {
      hint: `push the module with --profile ${target.profile}`,
    })
  if (request.inspection.kind === 'wit')
    throw new WasmpackError('CAPABILITY_DENIED', 'a WIT package has types and nothing that runs', {
      hint: 'render a module or a component',
    })
  const rendering = target.render(request)
  const enforcement = listEnforcement(request.bounds, target.keep(request), target.name)
  const unenforced = listUnenforced(enforcement)
  if (unenforced.length === 0) return { ...rendering, enforcement }
  const mark = (object: RenderedObject): RenderedObject =>
    annotate(object, ANNOTATION_UNENFORCED, unenforced.toSorted().join(','))
  if (rendering.kind === 'objects') return { ...rendering, objects: rendering.objects.map(mark), enforcement }
  return rendering.kind === 'template'
    ? { ...rendering, template: mark(rendering.template), enforcement }
    : { ...rendering, enforcement }
}

/** Throws UNENFORCED, with who keeps what in its details, if nobody keeps a grant that is not allowed to be unenforced. */
export function requireEnforced(
  { enforcement }: Rendered,
  target: RenderTarget,
  allowed: readonly string[],
): void {
  const refused = listUnenforced(enforcement).filter((grant) => !allowsUnenforced(allowed, grant))
  if (refused.length === 0) return
  const flags = refused.map((grant) => `--allow-unenforced ${grant}`).join(' ')
  throw new WasmpackError('UNENFORCED', `nothing enforces ${listFirst(refused, SHOWN)} with ${target.name}`, {
    hint: `narrow the grants with -c, choose another target, or accept it with ${flags}`,
    details: { enforcement },
  })
}

const SHOWN = 5
