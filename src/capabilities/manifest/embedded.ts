import { toSourceNode } from '../../documents/source-node.ts'
import type { WasmpackError } from '../../errors.ts'
import { canonicalJson, MalformedJson, parseJson } from '../../json.ts'
import { CAPABILITY_MANIFEST_LIMIT } from './formats.ts'
import type { CapabilityManifest } from './manifest.ts'
import { invalidCapabilityManifest, readCapabilityManifest } from './manifest-reader.ts'

/** The value of the annotation `dev.wasmpack.capabilities`, canonical so that equal capability manifests have equal bytes. */
export const canonicalCapabilityManifest = (manifest: CapabilityManifest): string => canonicalJson(manifest)

const WHERE = 'the embedded capability manifest'

/** The capability manifest in an artifact's annotation; throws CAPABILITY_MANIFEST_INVALID with every problem in it. */
export function parseEmbeddedCapabilityManifest(json: string): CapabilityManifest {
  const bytes = new TextEncoder().encode(json)
  const refuse = (message: string): WasmpackError =>
    invalidCapabilityManifest(WHERE, [{ at: WHERE, path: '', message }])
  if (bytes.length > CAPABILITY_MANIFEST_LIMIT)
    throw refuse(`the value is ${bytes.length} bytes, expected at most ${CAPABILITY_MANIFEST_LIMIT}`)
  let value: unknown
  try {
    value = parseJson(bytes, 'the value')
  } catch (error) {
    if (error instanceof MalformedJson) throw refuse(error.message)
    throw error
  }
  return readCapabilityManifest(toSourceNode(value, WHERE), WHERE)
}
