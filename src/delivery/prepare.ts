import { packWasm } from '../artifact/pack.ts'
import type { Evidence } from '../capabilities/evidence.ts'
import { canonicalCapabilityManifest, type CapabilityManifest } from '../capabilities/manifest.ts'
import type { Requirement } from '../capabilities/requirement.ts'
import type { Verdict } from '../capabilities/verdict.ts'
import { WasmpackError } from '../errors.ts'
import { type Blob, type Descriptor, verified } from '../oci/descriptor.ts'
import { type Digest, Digester } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { Inspection } from '../wasm/inspection.ts'
import { reading } from '../wasm/read-stream.ts'
import { gather } from './gather.ts'
import { judge, type JudgeRequest, needsInstructions } from './judge.ts'
import type { ModuleFile } from './module-file.ts'
import { named } from './named.ts'

/** A module that was read whole, and the artifact it makes. The same input gives the same digest on every machine. */
export interface Preparation {
  readonly inspection: Inspection
  readonly capabilities: CapabilityManifest
  readonly verdict: Verdict
  readonly config: Blob
  readonly layer: Blob
  readonly manifest: Manifest
}

export interface PreparationOptions {
  readonly title: string
  readonly capabilities: CapabilityManifest
  /** What the module has to meet beside it. */
  readonly requirements?: readonly Requirement[]
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339, for the config. */
  readonly created: string
  readonly artifactType?: string | undefined
}

/**
 * Inspects and hashes the module in one pass over the same bytes, so the digest is of what was inspected. Sends nothing.
 * The verdict may be a refusal: nothing of the preparation may be published then.
 */
export async function prepare(module: ModuleFile, options: PreparationOptions): Promise<Preparation> {
  const { capabilities, requirements } = options
  const request: JudgeRequest = { manifests: [capabilities], requirements }
  const { evidence, digest } = await named(module.path, read(module, request))
  const { inspection } = evidence
  const verdict = await judge(evidence, request)
  const { config, layer, manifest } = packWasm({
    inspection,
    layer: { digest, size: inspection.size },
    title: options.title,
    capabilities: canonicalCapabilityManifest(capabilities),
    annotations: options.annotations,
    created: options.created,
    artifactType: options.artifactType,
  })
  return {
    inspection,
    capabilities,
    verdict,
    config,
    layer: { descriptor: layer, open: () => unchanged(module, layer) },
    manifest,
  }
}

async function read(
  module: ModuleFile,
  request: JudgeRequest,
): Promise<{ readonly evidence: Evidence; readonly digest: Digest }> {
  const pass = reading(module.stream(), (cursor) => gather(cursor, needsInstructions(request)))
  const digester = new Digester()
  for await (const chunk of pass.chunks) digester.update(chunk)
  return { evidence: await pass.result, digest: digester.digest() }
}

/** The module's bytes again, for the upload; throws before the last of them is handed on if they are other ones. */
async function* unchanged(module: ModuleFile, layer: Descriptor): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined
  try {
    for await (const chunk of verified(module.stream(), layer)) {
      if (held) yield held
      held = chunk
    }
  } catch (cause) {
    if (!(cause instanceof WasmpackError) || cause.code !== 'DIGEST_MISMATCH') throw cause
    throw new WasmpackError(
      'MODULE_CHANGED',
      `module ${module.path} changed while it was pushed; no manifest was written`,
      {
        cause,
        hint: 'let the build finish, then push again',
      },
    )
  }
  if (held) yield held
}
