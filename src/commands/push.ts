import { basename } from 'node:path'

import { toRfc3339Seconds } from '../time.ts'
import { createVerdict } from '../capabilities/evaluate/verdict.ts'
import type { Attestation } from '../delivery/attest.ts'
import type { PushToCompare } from '../delivery/compare-push.ts'
import { findCapabilityFile } from '../delivery/files/capability-file.ts'
import { type ModuleFile, openModuleFile } from '../delivery/files/module-file.ts'
import { createOutputFile, isStdout, writeOutputFile } from '../delivery/files/output-file.ts'
import type { GrowthScope } from '../delivery/growth.ts'
import type { PolicyInForce } from '../delivery/policies.ts'
import { preparePush, type PreparedPush } from '../delivery/prepare.ts'
import { type PublishResult, publishArtifact, type PublishRequest } from '../delivery/publish.ts'
import { comparesWithDestination, isNoTrust } from '../delivery/trust-policies.ts'
import { isSafeFileName } from '../artifact/title.ts'
import { requireReadersOfPush } from '../delivery/readers.ts'
import { WasmpackError } from '../errors.ts'
import { isMediaType } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { formatRepository, type Reference } from '../oci/reference.ts'
import { quoted } from '../printable.ts'
import type { Signing } from '../signing/signing.ts'
import { listProxyWasmVersions } from '../wasm/entry-points.ts'
import { addAgainstOption, type AgainstFlags, openBase } from './flags/against.ts'
import { parseAnnotationFlags } from './flags/annotations.ts'
import { addAttestOption, type AttestFlags, findAttestOption, readAttestFlags } from './flags/attestations.ts'
import { type CapabilityFlags, addCapabilitiesOption } from './flags/capabilities.ts'
import { type OutputFlags, type Context, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { createPathParser } from './flags/path.ts'
import {
  type PolicyFlags,
  readPolicyFlags,
  choosePolicyRepository,
  addPolicyOptions,
} from './flags/policies.ts'
import { addProfileOptions, type ProfileFlags, readProfileFlags } from './flags/profile.ts'
import { addReadersOption, type ReaderFlags, readReaderFlags } from './flags/readers.ts'
import { parseMountSource, parseTaggedReference } from './flags/references.ts'
import { collectValues } from './flags/repeated.ts'
import { addSigningOptions, describeSigningFlags, readSigning, type SigningFlags } from './flags/signing.ts'
import { readOpener, addTransportOptions } from './flags/transport.ts'
import { describeGrowth } from './show/growth.ts'
import { toPoliciesJson } from './show/policies.ts'
import { reportDenial } from './show/verdict.ts'

interface Flags
  extends
    OutputFlags,
    AgainstFlags,
    AttestFlags,
    CapabilityFlags,
    PolicyFlags,
    ProfileFlags,
    ReaderFlags,
    SigningFlags {
  readonly annotation?: readonly string[]
  readonly artifactType?: string
  readonly created?: string
  readonly dryRun?: boolean
  readonly digestFile?: string
  readonly mount?: string
}

/** The clock is not read, so the same input always has the same digest. */
const EPOCH = '1970-01-01T00:00:00Z'

/** What --digest-file names, for messages. */
const DIGEST_FILE = 'digest file'

export const pushCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Validate a module, package it with its capability manifest as an OCI artifact, sign it with --key or
--keyless, and push it. The tag is written last: it never points to an artifact that is unvalidated,
incomplete, or still without its signature. The same input always has the same digest. Prints REPOSITORY@DIGEST.`,
    )
    .argument('<reference>', 'destination with a tag, or several as REPOSITORY:TAG1,TAG2')
    .argument('<module>', 'WebAssembly module or component file')
    .option('-a, --annotation <key=value>', 'annotation of the OCI manifest (repeatable)', collectValues)
    .option(
      '--artifact-type <type>',
      'artifact type of the OCI manifest (default: application/vnd.wasm.config.v1+json for the profile wasm)',
      parseMediaType,
    )
    .option(
      '--created <time>',
      'creation time, RFC 3339 (default: SOURCE_DATE_EPOCH, else 1970-01-01T00:00:00Z)',
      parseTime,
    )
    .option('--dry-run', 'print the digest without pushing; needs no network')
    .option(
      '--digest-file <file>',
      'write the digest to this file, - for stdout, which then gets nothing else',
      createPathParser('--digest-file'),
    )
    .option(
      '--mount <repository>',
      'mount the layer from this repository of the same registry instead of uploading it (cross-repository blob mount)',
    )
    .action(async (text: string, path: string, flags: Flags) => {
      const context = createContext(flags)
      const { reference, tags } = parseTaggedReference(text)
      const digestToStdout = flags.digestFile !== undefined && (await isStdout(flags.digestFile))
      if (digestToStdout && flags.format === 'json')
        throw new WasmpackError(
          'USAGE',
          `--digest-file ${flags.digestFile} and --format json both write to stdout`,
          { hint: 'omit --digest-file: the JSON has the digest' },
        )
      const digestFile = digestToStdout ? undefined : flags.digestFile
      const attestFlag = findAttestOption(flags)
      if (describeSigningFlags(flags) === undefined && attestFlag !== undefined)
        throw new WasmpackError('USAGE', `${attestFlag} requires --key or --keyless`, {
          hint: 'an attestation is signed: pass --keyless to sign as the identity of a token, or --key to sign with a key',
        })
      const attest = await readAttestFlags(flags, context.signal)
      const module = await openModuleFile(path)
      try {
        const inForce = await readPolicyFlags(flags, context.signal)
        const policyRepository = choosePolicyRepository(flags, reference)
        const policies = inForce.of(policyRepository)
        const trustPolicies = inForce.trust.of(policyRepository)
        const readers = readReaderFlags(flags)
        const mountFrom = flags.mount === undefined ? undefined : parseMountSource(flags.mount, reference)
        const prepared = await prepareModule(module, policies, flags, context)
        await requireReadersOfPush(readers, prepared, readProfileFlags(flags))
        const repository = formatRepository(reference)
        const announce = async (digest: Digest, more: Readonly<Record<string, unknown>>): Promise<void> => {
          const name = `${repository}@${digest}`
          if (digestFile !== undefined)
            await writeOutputFile(digestFile, `${digest}\n`, { what: DIGEST_FILE })
          context.reporter.result(
            { url: name, repository, tag: tags[0], digest, tags, ...toPoliciesJson(policies), ...more },
            digestToStdout ? digest : name,
          )
        }
        const compare = async (signing?: Signing): Promise<object> => {
          const scope = { policies, trust: trustPolicies, repository: policyRepository }
          const own = signing?.signer.verifier
          return flags.against === undefined
            ? {}
            : compareWithBase(flags.against, { path, reference, prepared, own, scope }, flags, context)
        }
        if (flags.dryRun) {
          const growth = await compare()
          const { manifest } = await prepared.artifact()
          return await announce(manifest.digest, { dryRun: true, signed: false, ...growth })
        }
        const attestAll = flags.sbom ? [...attest, await buildSbom(module, prepared, context)] : attest
        if (digestFile !== undefined)
          await (await createOutputFile(digestFile, { what: DIGEST_FILE })).discard()
        const signing = await readSigning(flags, context)
        if (!isNoTrust(trustPolicies)) {
          const { requireAskedSigner } = await import('../delivery/require-asked-signer.ts')
          await requireAskedSigner(signing?.signer, trustPolicies)
        }
        const growth = await compare(signing)
        const openTarget = await readOpener(flags, context, 'push')
        const target = await openTarget(reference, { create: true })
        if (comparesWithDestination(trustPolicies)) {
          const { requireNeverLess } = await import('../delivery/require-never-less.ts')
          const { manifest } = await prepared.artifact()
          const attestedTypes = attest.map(({ predicateType }) => predicateType)
          await requireNeverLess(
            {
              destination: { target, tags },
              digest: manifest.digest,
              signer: signing?.signer,
              attestedTypes,
            },
            trustPolicies,
            { signal: context.signal },
          )
        }
        const publication = await publishPrepared(
          prepared,
          { target, tags, mountFrom, attest: attestAll, ...signing },
          context,
        )
        const { digest, ...done } = publication
        await announce(digest, { signed: signing !== undefined, ...growth, ...done })
        printNotices(publication, { url: `${repository}@${digest}`, tags, signing }, context)
      } finally {
        await module.close()
      }
    })
  addPolicyOptions(
    addCapabilitiesOption(
      addAgainstOption(addReadersOption(addProfileOptions(command))),
      'capability manifest, - for stdin (default: the one next to the module)',
    ),
  )
  addExamples(
    addOutputOptions(addTransportOptions(addAttestOption(addSigningOptions(command)))),
    'wasmpack push registry.example.com/team/app:1.0.0 app.wasm --key cosign.key',
    'wasmpack push registry.example.com/team/app:1.0.0 app.wasm --keyless --signing-config signing_config.json --yes',
    'wasmpack push registry.example.com/team/app:1.0.0,latest app.wasm -a org.opencontainers.image.revision=$(git rev-parse HEAD)',
    'wasmpack push registry.example.com/team/app:1.0.0 app.wasm --key cosign.key --attest cyclonedx=bom.json',
    'wasmpack push registry.example.com/team/filter:1.0.0 filter.wasm --profile image',
    'wasmpack push oci-layout:./dist/oci:1.0.0 app.wasm',
  )
}

/** A push before anything of it is sent. */
interface PendingPush extends Pick<PushToCompare, 'prepared' | 'own'> {
  readonly path: string
  readonly reference: Reference
  readonly scope: GrowthScope
}

/** Says what a push adds to a version, in text and for JSON. Throws CAPABILITY_DENIED for what the growth policies in force refuse. */
async function compareWithBase(
  against: string,
  { path, reference, scope, ...push }: PendingPush,
  flags: Flags,
  context: Context,
): Promise<object> {
  const { reporter, signal } = context
  const openTarget = await readOpener(flags, context, 'push')
  const history = await openTarget(reference, { create: true })
  const base = await openBase(against, openTarget)
  const annotations = parseAnnotationFlags(flags.annotation ?? [])
  const { comparePush } = await import('../delivery/compare-push.ts')
  const compared = await comparePush({ ...push, annotations, base, scope: { ...scope, history } }, { signal })
  if (reporter.format === 'text') reporter.notice(describeGrowth(compared))
  const verdict = createVerdict({ findings: compared.findings, grants: [], limits: [] })
  if (!verdict.allowed) throw reportDenial(reporter, path, 'its capability manifest', verdict)
  const { findings: _, ...growth } = compared
  return { growth }
}

function parseMediaType(text: string): string {
  if (isMediaType(text)) return text
  throw new WasmpackError('USAGE', `invalid --artifact-type ${quoted(text)}: expected a media type`, {
    hint: 'for example application/vnd.example.plugin.v1+json',
  })
}

/** Normalised to seconds in UTC: the same moment always has the same digest. */
function parseTime(text: string): string {
  if (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  )
    return toRfc3339Seconds(new Date(text))
  throw new WasmpackError('USAGE', `invalid --created ${quoted(text)}: expected an RFC 3339 time`, {
    hint: 'for example 2026-11-23T12:00:00Z',
  })
}

/** Reads and validates the module; throws CAPABILITY_DENIED after printing every finding. */
async function prepareModule(
  module: ModuleFile,
  policies: readonly PolicyInForce[],
  flags: Flags,
  { reporter, signal, environment }: Context,
): Promise<PreparedPush> {
  const profile = readProfileFlags(flags)
  const environmentCreated = environment.readCreated()
  const capabilities = await findCapabilityFile(module.path, flags.capabilities, signal)
  const title = basename(module.path)
  const prepared = await preparePush(module, {
    profile,
    title,
    capabilities: capabilities.manifest,
    requirements: policies.map(({ requirement }) => requirement),
    annotations: parseAnnotationFlags(flags.annotation ?? []),
    created: flags.created ?? environmentCreated ?? EPOCH,
    artifactType: flags.artifactType,
  })
  if (!prepared.verdict.allowed)
    throw reportDenial(reporter, module.path, capabilities.path, prepared.verdict)
  for (const warning of prepared.verdict.findings) reporter.warn(warning.message)
  if (!isSafeFileName(title))
    reporter.warn(
      `pull --output-dir will refuse the title ${quoted(title)}, which is not a safe .wasm file name: rename the file, for example to app.wasm`,
    )
  if (profile.form === 'wasm' && listProxyWasmVersions(prepared.inspection).length > 0)
    reporter.notice(
      'hint: Istio and Envoy Gateway do not read this form of a Proxy-Wasm filter: push it with --profile image',
    )
  if (profile.form === 'image' && profile.platform.architecture === 'wasm')
    reporter.warn(
      'pods do not start with an image for this platform, whose layers containerd does not unpack: leave out --platform',
    )
  return prepared
}

async function buildSbom(
  module: ModuleFile,
  prepared: PreparedPush,
  { reporter, environment }: Context,
): Promise<Attestation> {
  const { attestMaterials } = await import('../delivery/bill-of-materials.ts')
  const options = { name: basename(module.path), created: environment.readCreated() }
  const { attestation, problems } = await attestMaterials(module, prepared, options)
  for (const problem of problems) reporter.warn(problem)
  return attestation
}

function publishPrepared(
  prepared: PreparedPush,
  request: Pick<
    PublishRequest,
    'target' | 'tags' | 'signer' | 'witnesses' | 'format' | 'mountFrom' | 'attest'
  >,
  { reporter, signal, environment }: Context,
): Promise<PublishResult> {
  const transfer = reporter.transfer(`pushing ${request.target.name}`, prepared.inspection.size)
  const signedAt = environment.readCreated() ?? toRfc3339Seconds(new Date())
  return publishArtifact(prepared, { ...request, signedAt }, { signal, progress: transfer.advance }).finally(
    transfer.end,
  )
}

function printNotices(
  { written, signature, legacySignature, attestation, attestations = [] }: PublishResult,
  {
    url,
    tags,
    signing,
  }: { readonly url: string; readonly tags: readonly string[]; readonly signing: Signing | undefined },
  { reporter }: Context,
): void {
  const attached = [signature, legacySignature, attestation, ...attestations].some((one) => one?.written)
  if (!written)
    reporter.notice(
      attached
        ? 'signed: the tags already point to this artifact; missing signatures and attestations were attached'
        : 'unchanged: all tags already point to this artifact',
    )
  if (!signing)
    reporter.notice(
      'not signed: pass --key or --keyless to sign; pull and verify reject unsigned artifacts by default',
    )
  for (const tag of tags.filter((tag) => /^v\d+\.\d+\.\d+/.test(tag)))
    reporter.notice(
      `hint: wkg ignores versions with a leading v; add a tag without it: wasmpack tag ${url} ${tag.slice(1)}`,
    )
}
