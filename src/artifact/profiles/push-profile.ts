import { WasmpackError } from '../../errors.ts'
import { listProxyWasmVersions } from '../../wasm/entry-points.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { packImage, type Platform } from './image.ts'
import { packLegacy } from './legacy.ts'
import type { PackedArtifact, PackRequest } from './pack.ts'
import { packProxyWasm } from './proxy-wasm.ts'
import { packWasm } from './wasm.ts'

/** The forms in which a module can be pushed, with what only one of them has. */
export type PushProfile =
  | { readonly form: 'wasm'; readonly entrypoint?: string | undefined }
  | { readonly form: 'image'; readonly platform: Platform }
  | { readonly form: 'legacy' }
  | { readonly form: 'proxy-wasm' }

export const PUSH_FORMS = ['wasm', 'image', 'legacy', 'proxy-wasm'] as const

/** Throws USAGE where none of those who read a profile could run the module, and names the profile that fits. */
export function checkProfile(inspection: Inspection, { form }: PushProfile): void {
  const refuse = (why: string): never => {
    throw new WasmpackError('USAGE', `the profile ${form} does not fit: ${why}`, {
      hint: inspection.kind === 'wit' ? 'use wkg to publish WIT packages' : 'push it with --profile wasm',
    })
  }
  if (form !== 'wasm' && inspection.kind === 'wit') refuse('a WIT package has types and nothing that runs')
  if (form === 'legacy' && inspection.kind === 'component')
    refuse('its readers, such as Kubewarden, run core modules, and this is a component')
  if (form === 'proxy-wasm' && listProxyWasmVersions(inspection).length === 0)
    refuse('Istio and Envoy run modules that export proxy_abi_version_*, and this exports none')
}

/** A packed artifact, and the bytes of its layer where they are not the module's own. */
export interface PackedProfile extends PackedArtifact {
  readonly layerBytes?: Uint8Array
}

/** Wraps a module in a profile; an image reads all of it. */
export async function packProfile(
  profile: PushProfile,
  request: PackRequest,
  openModule: () => AsyncIterable<Uint8Array>,
): Promise<PackedProfile> {
  switch (profile.form) {
    case 'wasm':
      return packWasm(request, profile.entrypoint)
    case 'legacy':
      return packLegacy(request)
    case 'proxy-wasm':
      return packProxyWasm(request, listProxyWasmVersions(request.inspection))
    case 'image': {
      const { packPluginTree } = await import('./plugin-tree.ts') // the compressor, which no other profile needs
      const tree = await packPluginTree(openModule(), request.module.size)
      return { ...packImage(request, tree, profile.platform), layerBytes: tree.compressed }
    }
  }
}
