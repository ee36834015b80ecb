import { isDeepStrictEqual } from 'node:util'

import { checkProfile, packProfile, type PushProfile } from '../artifact/profiles/push-profile.ts'
import type { Evidence } from '../capabilities/evaluate/evidence.ts'
import { canonicalCapabilityManifest } from '../capabilities/manifest/embedded.ts'
import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import type { ModuleRequirement } from '../capabilities/evaluate/module-requirement.ts'
import type { Verdict } from '../capabilities/evaluate/verdict.ts'
import { WasmpackError } from '../errors.ts'
import { allOrNone } from '../in-parallel.ts'
import { type Blob, createBlob, verifyWhileReading } from '../oci/descriptor.ts'
import { type Digest, Digester, computeDigest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { Operation, Target } from '../oci/target.ts'
import type { Inspection } from '../wasm/types/inspection.ts'
import { readWhileStreaming } from '../wasm/read-stream.ts'
import { collectEvidence } from './collect-evidence.ts'
import { judgeModule, type JudgeRequest, needsInstructions } from './judge.ts'
import type { ModuleFile } from './files/module-file.ts'
import { withModuleName } from './files/module-name.ts'

/** What a module is wrapped in, and its layer. The same input gives the same digest on every machine. */
export interface Artifact {
  /** Of the module's bytes: of the layer, unless that is a file tree. */
  readonly module: Digest
  readonly config: Blob
  /** The layer that is the module or holds it. */
  readonly layer: Blob
  readonly manifest: Manifest
}

/** A module that was inspected and judged. The verdict may be a refusal: nothing of it may be published then. */
export interface PreparedPush {
  readonly inspection: Inspection
  readonly capabilities: CapabilityManifest
  readonly verdict: Verdict
  /** Whether the digest is not known yet: a large module is read whole only when it is known what for. */
  readonly unread: boolean
  /** Hashes a module that has not been hashed. Throws MODULE_CHANGED. */
  artifact(): Promise<Artifact>
  /**
   * The same, hashing the layer while it is written to the target, and writing the config as soon as that names the layer. Throws
   * MODULE_CHANGED, and no layer is there then.
   */
  send(target: Target, operation: Operation): Promise<Artifact>
}

export interface PrepareOptions {
  /** The default: the CNCF Wasm artifact. */
  readonly profile?: PushProfile | undefined
  readonly title: string
  readonly capabilities: CapabilityManifest
  /** What the module has to meet beside it. */
  readonly requirements?: readonly ModuleRequirement[]
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339, for the config. */
  readonly created: string
  readonly artifactType?: string | undefined
}

/**
 * In bytes. Reading a module of this size twice would take longer than asking for what is known of it; a smaller one is
 * hashed first, so that it is not sent where it is already.
 */
const LARGE = 64 * 1024 * 1024

/**
 * Inspects and judges the module; sends nothing. Whatever of its bytes is hashed later goes past the same reader, and is an
 * error if that finds anything else.
 */
export async function preparePush(module: ModuleFile, options: PrepareOptions): Promise<PreparedPush> {
  const { capabilities, requirements, profile = { form: 'wasm' } } = options
  const request: JudgeRequest = { manifests: [capabilities], requirements }
  const withInstructions = needsInstructions(request)
  // To judge by instructions is to read nearly all of it, and to compress it is to read all.
  const unread = module.size >= LARGE && !withInstructions && profile.form !== 'image'
  const { evidence, digest } = unread
    ? { evidence: await module.read((cursor) => collectEvidence(cursor, false)), digest: undefined }
    : await withModuleName(module.path, readWhole(module, withInstructions))
  const { inspection } = evidence
  checkProfile(inspection, profile)
  const verdict = await judgeModule(evidence, request)
  const wrap = (found: Digest): Promise<Artifact> => packModule(module, inspection, found, options)
  // What cannot be wrapped is told before anything is sent.
  let artifact = digest === undefined ? undefined : await wrap(digest)
  if (digest === undefined) await wrap(computeDigest(new Uint8Array()))
  return {
    inspection,
    capabilities,
    verdict,
    unread,
    artifact: async () => (artifact ??= await wrap(await hashModule(module, inspection))),
    async send(target, operation) {
      const source = { size: module.size, open: () => readUnchanged(inspection, module) }
      await allOrNone(operation.signal, (signal) => {
        let hashed!: (digest: Digest) => void
        const known = new Promise<Digest>((resolve) => (hashed = resolve))
        const layer = target.pushUnhashed(source, { ...operation, signal, onDigest: hashed })
        const config = Promise.race([known, layer]).then(async (digest) =>
          target.push((artifact = await wrap(digest)).config, { signal }),
        )
        return [layer, config]
      }).catch((cause: unknown) => Promise.reject(toChangeError(module, cause)))
      return artifact!
    },
  }
}

async function packModule(
  module: ModuleFile,
  inspection: Inspection,
  digest: Digest,
  { profile = { form: 'wasm' }, capabilities, ...options }: PrepareOptions,
): Promise<Artifact> {
  const described = { digest, size: inspection.size }
  const stream = (): AsyncIterable<Uint8Array> =>
    withholdLastChunk(module, verifyWhileReading(module.stream(), described))
  const { config, layer, manifest, layerBytes } = await packProfile(
    profile,
    {
      ...options,
      inspection,
      module: described,
      capabilities: canonicalCapabilityManifest(capabilities),
    },
    stream,
  )
  return {
    module: digest,
    config,
    layer: layerBytes === undefined ? { descriptor: layer, open: stream } : createBlob(layerBytes, layer),
    manifest,
  }
}

/** Inspects and hashes in one pass over the same bytes, so the digest is of what was inspected. */
async function readWhole(
  module: ModuleFile,
  withInstructions: boolean,
): Promise<{ readonly evidence: Evidence; readonly digest: Digest }> {
  const pass = readWhileStreaming(module.stream(), (cursor) => collectEvidence(cursor, withInstructions))
  const digester = new Digester()
  for await (const chunk of pass.chunks) digester.update(chunk)
  return { evidence: await pass.result, digest: digester.digest() }
}

async function hashModule(module: ModuleFile, inspection: Inspection): Promise<Digest> {
  const digester = new Digester()
  for await (const chunk of readUnchanged(inspection, module)) digester.update(chunk)
  return digester.digest()
}

/** The module's bytes, all of them; throws in place of their end if the reader finds anything else in them than before. */
async function* readUnchanged(inspection: Inspection, module: ModuleFile): AsyncGenerator<Uint8Array> {
  const pass = readWhileStreaming(module.stream(), (cursor) => collectEvidence(cursor, false))
  let found
  try {
    yield* pass.chunks
    found = await pass.result
  } catch (cause) {
    throw cause instanceof WasmpackError && cause.code === 'MODULE_MALFORMED'
      ? moduleChanged(module, cause)
      : cause
  }
  if (!isDeepStrictEqual(found.inspection, inspection)) throw moduleChanged(module)
}

/** The module's bytes again, for the upload; throws before the last of them is handed on if they are other ones. */
async function* withholdLastChunk(
  module: ModuleFile,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined
  try {
    for await (const chunk of chunks) {
      if (held) yield held
      held = chunk
    }
  } catch (cause) {
    throw toChangeError(module, cause)
  }
  if (held) yield held
}

/** A file whose bytes are not those of a moment ago has changed. */
const toChangeError = (module: ModuleFile, cause: unknown): unknown =>
  cause instanceof WasmpackError && cause.code === 'DIGEST_MISMATCH' ? moduleChanged(module, cause) : cause

const moduleChanged = (module: ModuleFile, cause?: WasmpackError): WasmpackError =>
  new WasmpackError(
    'MODULE_CHANGED',
    `module ${module.path} changed during the push; no manifest was written`,
    { ...(cause === undefined ? {} : { cause }), hint: 'let the build finish, then push again' },
  )
