import { WasmpackError } from '../errors.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Index, isManifestType, type Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { WASM_CONFIG } from './profiles/wasm.ts'

const CHILD_LIMIT = 16

/**
 * Chooses the manifest of an index that is for WebAssembly: by its platform, else as the only one, else by its config.
 * Throws ARTIFACT_MALFORMED unless there is exactly one.
 */
export async function chooseWasmManifest(
  index: Index,
  target: Pick<ReadOnlyTarget, 'manifest'>,
  operation?: Operation,
): Promise<Manifest> {
  const children = index.manifests.filter(
    ({ mediaType, platform }) => isManifestType(mediaType) && platform?.['architecture'] !== 'unknown',
  )
  const forWasm = children.filter(({ platform }) => platform?.['architecture'] === 'wasm')
  if (forWasm.length > 1) throw ambiguous(index, forWasm)
  const only = forWasm[0] ?? (children.length === 1 ? children[0] : undefined)
  if (only !== undefined) return read(index, only, target, operation)
  if (children.length > CHILD_LIMIT) throw ambiguous(index, children)
  const manifests = await Promise.all(children.map((child) => read(index, child, target, operation)))
  const artifacts = manifests.filter(({ config }) => config.mediaType === WASM_CONFIG)
  if (artifacts.length === 1) return artifacts[0]!
  throw ambiguous(index, children)
}

async function read(
  index: Index,
  child: Descriptor,
  target: Pick<ReadOnlyTarget, 'manifest'>,
  operation?: Operation,
): Promise<Manifest> {
  const manifest = await target.manifest(child.digest, operation)
  if (manifest.kind === 'manifest') return manifest
  throw new WasmpackError('ARTIFACT_MALFORMED', `index ${index.digest} holds a further index`, {
    hint: `name the artifact that you want by its digest, for example @${child.digest}`,
  })
}

function ambiguous(index: Index, children: readonly Descriptor[]): WasmpackError {
  const digests = children.slice(0, 4).map(({ digest }) => digest)
  return new WasmpackError(
    'ARTIFACT_MALFORMED',
    `index ${index.digest} does not say which of its ${children.length} manifests is for WebAssembly`,
    {
      hint:
        digests.length === 0
          ? 'check the reference: the index is empty'
          : `name the one that you want by its digest: @${digests.join(' or @')}`,
    },
  )
}
