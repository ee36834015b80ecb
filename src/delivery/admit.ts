import { type ModuleSource, unpack } from '../artifact/unpack.ts'
import { type CapabilityManifest, parseEmbeddedCapabilityManifest } from '../capabilities/manifest.ts'
import type { Evidence } from '../capabilities/evidence.ts'
import type { Requirement } from '../capabilities/requirement.ts'
import type { Verdict } from '../capabilities/verdict.ts'
import { WasmpackError } from '../errors.ts'
import { describeManifest, type Index, type Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { TrustPolicy } from '../signing/trust-policy.ts'
import { type Verification, verifySignatures } from '../signing/verify.ts'
import { reading } from '../wasm/read-stream.ts'
import { gather } from './gather.ts'
import { judge, type JudgeRequest, needsInstructions } from './judge.ts'
import { named } from './named.ts'

/** What has to hold before a module is handed over. A check is left out only where it says `ignored`. */
export interface AdmissionRequest {
  readonly trust: TrustPolicy | 'ignored'
  /** The consumer's own, which narrows the embedded one; with neither, the artifact is refused. */
  readonly capabilities?: CapabilityManifest | undefined
  /** What the module has to meet beside them, whatever is left out. */
  readonly requirements?: readonly Requirement[]
  readonly capabilityCheck: 'required' | 'ignored'
  /** Reads the instructions although nobody judges them. */
  readonly withInstructions?: boolean
}

/** An artifact whose manifest and signatures have been checked, and whose module has not been read yet. */
export interface Opened {
  readonly manifest: Manifest | Index
  readonly source: ModuleSource
  readonly verification?: Verification
  /** All that bind the module: the embedded one, self-declared by the publisher, then the consumer's. Empty if the check is left out. */
  readonly capabilities: readonly CapabilityManifest[]
  readonly requirements: readonly Requirement[]
  readonly withInstructions: boolean
}

/** The result of admitting: what was checked and how it came out. */
export interface Admission extends Opened, Evidence {
  /** Absent if the check was left out. */
  readonly verdict?: Verdict
}

/** Takes the module's bytes while they are not admitted yet; whoever gives it keeps or drops them by the verdict. */
export type Sink = (chunk: Uint8Array) => Promise<void>

/** Resolves the reference once, verifies the signatures of that digest, and finds the module; no layer is fetched. */
export async function openArtifact(
  target: ReadOnlyTarget,
  reference: string,
  request: AdmissionRequest,
  operation: Operation,
): Promise<Opened> {
  const manifest = await target.manifest(reference, operation)
  const verification =
    request.trust === 'ignored'
      ? undefined
      : await verifySignatures(target, describeManifest(manifest), request.trust, operation)
  const source = await unpack(manifest, target, operation)
  const capabilities =
    request.capabilityCheck === 'ignored'
      ? []
      : bindingManifests(source, request, `${target.name}@${manifest.digest}`)
  const { requirements = [], withInstructions = false } = request
  return {
    manifest,
    source,
    ...(verification ? { verification } : {}),
    capabilities,
    requirements,
    withInstructions: withInstructions || needsInstructions({ manifests: capabilities, requirements }),
  }
}

function bindingManifests(
  source: ModuleSource,
  request: AdmissionRequest,
  name: string,
): readonly CapabilityManifest[] {
  const embedded =
    source.capabilities === undefined ? [] : [parseEmbeddedCapabilityManifest(source.capabilities)]
  const capabilities = request.capabilities ? [...embedded, request.capabilities] : embedded
  if (capabilities.length > 0) return capabilities
  throw new WasmpackError('CAPABILITY_MANIFEST_ABSENT', `${name} carries no capability manifest`, {
    hint: 'give your own with -c FILE, or leave the check out with --insecure-ignore-capabilities',
  })
}

/**
 * Reads the module of an opened artifact through digest check and its readers into the sink, then judges it.
 * Throws on wrong bytes; a refusal is a verdict, and the caller must drop what the sink took.
 */
export async function admit(
  target: ReadOnlyTarget,
  opened: Opened,
  sink: Sink,
  operation: Operation,
): Promise<Admission> {
  const name = `${target.name}@${opened.manifest.digest}`
  const layer = toItsEnd(target.fetch(opened.source.layer, operation))
  const judged: JudgeRequest = { manifests: opened.capabilities, requirements: opened.requirements }
  const pass = reading(opened.source.moduleBytes(layer.chunks), (cursor) =>
    gather(cursor, opened.withInstructions),
  )
  const read = async (): Promise<Evidence> => {
    for await (const chunk of pass.chunks) await sink(chunk)
    return pass.result
  }
  const evidence = await named(name, read()).catch(async (cause: unknown) => {
    // Bytes that were tampered with are that first of all, and malformed only because of it.
    if (cause instanceof WasmpackError && cause.code === 'MODULE_MALFORMED')
      for await (const _ of target.fetch(opened.source.layer, { signal: operation.signal }));
    throw cause
  })
  // Only its end tells that a stream has the right digest, and unpacking may stop before it.
  if (!layer.ended())
    throw new WasmpackError('ARTIFACT_MALFORMED', `the layer of ${name} goes on behind what it packs`, {
      hint: 'it was not written by a conforming tool, or it was tampered with; nothing of it was kept',
    })
  return opened.capabilities.length + opened.requirements.length === 0
    ? { ...opened, ...evidence }
    : { ...opened, ...evidence, verdict: await judge(evidence, judged) }
}

/** The same chunks, and whether they were read to the end, where a verified stream throws if its digest is wrong. */
function toItsEnd(chunks: AsyncIterable<Uint8Array>): {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly ended: () => boolean
} {
  let ended = false
  return {
    ended: () => ended,
    chunks: (async function* () {
      yield* chunks
      ended = true
    })(),
  }
}
