import type { ArtifactForm } from '../../artifact/profiles/profile.ts'
import { packProfile, type PushProfile } from '../../artifact/profiles/push-profile.ts'
import { isRecord } from '../../json.ts'
import { parseDocument } from '../../oci/document.ts'
import { collect } from '../../oci/descriptor.ts'
import { computeDigest } from '../../oci/digest.ts'
import type { Manifest } from '../../oci/manifest.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'

/** What readers tell artifacts apart by: types, the platform of the config, and the module. */
export interface ArtifactShape {
  /** An index stands for what its readers would choose from. */
  readonly kind: 'manifest' | 'index'
  readonly form: ArtifactForm
  readonly mediaType: string
  readonly configType: string
  readonly layerTypes: readonly string[]
  /** As the config says; absent if it says nothing. */
  readonly platform?: { readonly os: string; readonly architecture: string }
  /** The first word of what the config starts. */
  readonly entrypoint?: string
  readonly inspection: Inspection
}

/** Of an artifact with its config; a config that is no image config tells nothing more. */
export function describeShape(
  { mediaType, config, layers }: Manifest,
  configBytes: Uint8Array,
  { kind, form, inspection }: Pick<ArtifactShape, 'kind' | 'form' | 'inspection'>,
): ArtifactShape {
  const { os, architecture, config: started } = parseDocument(configBytes, 'the config')
  const words = isRecord(started) ? (started['Entrypoint'] ?? started['Cmd']) : undefined
  const entrypoint: unknown = Array.isArray(words) ? words[0] : undefined
  return {
    kind,
    form,
    mediaType,
    configType: config.mediaType,
    layerTypes: layers.map((layer) => layer.mediaType),
    ...(typeof os === 'string' && typeof architecture === 'string' ? { platform: { os, architecture } } : {}),
    ...(typeof entrypoint === 'string' ? { entrypoint } : {}),
    inspection,
  }
}

/** Of what a profile makes of a module; nothing of the module is read. */
export async function describeProfile(profile: PushProfile, inspection: Inspection): Promise<ArtifactShape> {
  const empty = { digest: computeDigest(new Uint8Array()), size: 0 }
  const { manifest, config } = await packProfile(
    profile,
    { inspection, module: empty, title: 'module.wasm', annotations: {}, created: '1970-01-01T00:00:00Z' },
    async function* () {},
  )
  return describeShape(manifest, await collect(config.open(), config.descriptor.size, 'the config'), {
    kind: 'manifest',
    form: profile.form,
    inspection,
  })
}
