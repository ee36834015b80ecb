import { type ModuleSource, findModule, needsContentCheck } from '../artifact/find-module.ts'
import { parseEmbeddedCapabilityManifest } from '../capabilities/manifest/embedded.ts'
import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import type { Evidence } from '../capabilities/evaluate/evidence.ts'
import type { ModuleRequirement } from '../capabilities/evaluate/module-requirement.ts'
import type { Verdict } from '../capabilities/evaluate/verdict.ts'
import { WasmpackError } from '../errors.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { VerificationResult } from '../attestations/verify.ts'
import { readWhileStreaming } from '../wasm/read-stream.ts'
import type { Sink } from './files/sink.ts'
import { collectEvidence } from './collect-evidence.ts'
import { judgeModule, type JudgeRequest, needsInstructions } from './judge.ts'
import { withModuleName } from './files/module-name.ts'
import type { TrustJudgement } from './enforce-trust.ts'
import { type TrustDemand, verifyArtifact, type VerifyResult } from './verify.ts'

/** The checks that a module must pass. A check is skipped only if its value is `ignored`. */
export interface AdmissionRequest extends TrustDemand {
  /** The consumer's own, which narrows the embedded one; without either, the artifact is refused. */
  readonly capabilities?: CapabilityManifest | undefined
  /** Checks beside the capability manifests; they are never skipped. */
  readonly requirements?: readonly ModuleRequirement[]
  /** With `if-embedded`, an artifact without a capability manifest is judged by the requirements alone. */
  readonly capabilityCheck: 'required' | 'if-embedded' | 'ignored'
  /** Reads all instructions even if no check needs them. */
  readonly withInstructions?: boolean
}

/** An artifact with a verified manifest and verified signatures; its module has not been read yet. */
export interface ResolvedArtifact {
  readonly manifest: Manifest | Index
  readonly source: ModuleSource
  readonly verification?: VerificationResult
  readonly trust?: readonly TrustJudgement[]
  /** All capability manifests that the module must satisfy: the embedded one, then the consumer's. Empty if the check is skipped. */
  readonly capabilities: readonly CapabilityManifest[]
  readonly requirements: readonly ModuleRequirement[]
  readonly withInstructions: boolean
}

/** The result of the checks. */
export interface AdmissionResult extends ResolvedArtifact, Evidence {
  /** Absent if the check was skipped. */
  readonly verdict?: Verdict
}

/** Resolves the reference once, verifies the signatures of that digest, and finds the module; no layer is fetched. */
export async function resolveForAdmission(
  target: ReadOnlyTarget,
  reference: string,
  request: AdmissionRequest,
  operation: Operation,
): Promise<ResolvedArtifact> {
  const { manifest, verification, trust } = await verifyArtifact(target, reference, request, operation)
  const source = await findModule(manifest, target, operation)
  const capabilities =
    request.capabilityCheck === 'ignored'
      ? []
      : collectCapabilityManifests(source, request, `${target.name}@${manifest.digest}`)
  const { requirements = [], withInstructions = false } = request
  return {
    manifest,
    source,
    ...(verification ? { verification } : {}),
    trust,
    capabilities,
    requirements,
    withInstructions: withInstructions || needsInstructions({ manifests: capabilities, requirements }),
  }
}

/**
 * Verifies the signatures of an artifact. The layers of one that can hold a file tree, and the children of an index, are read and
 * checked as for an admission, so that every reader runs the same module; a plain module is not fetched.
 */
export async function verifyContents(
  target: ReadOnlyTarget,
  reference: string,
  demand: TrustDemand,
  operation: Operation,
): Promise<VerifyResult> {
  const verified = await verifyArtifact(target, reference, demand, operation)
  await checkContents(target, verified.manifest, operation)
  return verified
}

/** Reads what two readers could take for two modules. Throws ARTIFACT_MALFORMED, MODULE_MALFORMED and DIGEST_MISMATCH. */
export async function checkContents(
  target: ReadOnlyTarget,
  manifest: Manifest | Index,
  operation: Operation,
): Promise<void> {
  if (!needsContentCheck(manifest)) return
  const source = await findModule(manifest, target, operation)
  const unjudged = { capabilities: [], requirements: [], withInstructions: false }
  await admitModule(target, { manifest, source, ...unjudged }, undefined, operation)
}

function collectCapabilityManifests(
  source: ModuleSource,
  request: AdmissionRequest,
  name: string,
): readonly CapabilityManifest[] {
  const embedded =
    source.capabilities === undefined ? [] : [parseEmbeddedCapabilityManifest(source.capabilities)]
  const capabilities = request.capabilities ? [...embedded, request.capabilities] : embedded
  if (capabilities.length > 0 || request.capabilityCheck === 'if-embedded') return capabilities
  throw new WasmpackError('CAPABILITY_MANIFEST_ABSENT', `${name} has no capability manifest`, {
    hint: 'pass your own with -c FILE, or skip the check with --insecure-ignore-capabilities',
  })
}

/**
 * Reads the module of an opened artifact through digest check and its readers into the sink, if there is one, then judges
 * it. Wrong bytes are asked for once more, past every cache on the way; then they throw DIGEST_MISMATCH. A refusal is a
 * verdict, and the caller must drop what the sink took.
 */
export async function admitModule(
  target: ReadOnlyTarget,
  opened: ResolvedArtifact,
  sink: Sink | undefined,
  operation: Operation,
): Promise<AdmissionResult> {
  const evidence = await readModule(target, opened, sink, operation).catch(async (cause: unknown) => {
    if (!(cause instanceof WasmpackError && cause.code === 'DIGEST_MISMATCH')) throw cause
    await sink?.restart()
    return await readModule(target, opened, sink, { signal: operation.signal, fresh: true })
  })
  const judged: JudgeRequest = { manifests: opened.capabilities, requirements: opened.requirements }
  return opened.capabilities.length + opened.requirements.length === 0
    ? { ...opened, ...evidence }
    : { ...opened, ...evidence, verdict: await judgeModule(evidence, judged) }
}

async function readModule(
  target: ReadOnlyTarget,
  { manifest, source, withInstructions }: ResolvedArtifact,
  sink: Sink | undefined,
  operation: Operation,
): Promise<Evidence> {
  const name = `${target.name}@${manifest.digest}`
  const opened: BlobBytes[] = []
  const open = (descriptor: Descriptor): BlobBytes => {
    const blob = new BlobBytes(target.fetch(descriptor, operation))
    opened.push(blob)
    return blob
  }
  const { chunks, result } = readWhileStreaming(source.moduleBytes(open), (cursor) =>
    collectEvidence(cursor, withInstructions),
  )
  const pass = async (): Promise<Evidence> => {
    for await (const chunk of chunks) await sink?.write(chunk)
    return await result
  }
  try {
    const evidence = await withModuleName(name, pass())
    if (opened.every(({ ended }) => ended)) return evidence
    throw new WasmpackError('ARTIFACT_MALFORMED', `a layer of ${name} has data after its content`, {
      hint: 'the artifact is not from a conforming tool, or it was tampered with; nothing was written',
    })
  } catch (cause) {
    // A wrong digest explains malformed content, so it is reported first.
    if (cause instanceof WasmpackError && MALFORMED.has(cause.code))
      for (const blob of opened) await blob.readToEnd()
    throw cause
  } finally {
    for (const blob of opened) await blob.close()
  }
}

const MALFORMED: ReadonlySet<string> = new Set(['MODULE_MALFORMED', 'ARTIFACT_MALFORMED'])

/**
 * A blob's bytes, to be iterated once. Only the end of a verified stream tells whether its digest holds, so it is not
 * closed by a reader that gives up before.
 */
class BlobBytes implements AsyncIterable<Uint8Array> {
  ended = false
  readonly #chunks: AsyncIterator<Uint8Array>

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() }
  }

  /** Passes over the rest. Throws DIGEST_MISMATCH. */
  async readToEnd(): Promise<void> {
    while (!this.ended) await this.#next()
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    const next = await this.#chunks.next()
    if (next.done === true) this.ended = true
    return next
  }
}
