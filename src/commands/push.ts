import { toRfc3339Seconds } from '../time.ts'
import { openModuleFile } from '../delivery/files/module-file.ts'
import type { PreparedPush } from '../delivery/prepare.ts'
import { type PublishResult, publishArtifact, type PublishRequest } from '../delivery/publish.ts'
import { comparesWithDestination, isNoTrust } from '../delivery/trust-policies.ts'
import { requireReadersOfPush } from '../delivery/readers.ts'
import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { formatRepository } from '../oci/reference.ts'
import type { Signing } from '../signing/signing.ts'
import { addAgainstOption, type AgainstFlags } from './flags/against.ts'
import { addAttestOption, type AttestFlags, findAttestOption, readAttestFlags } from './flags/attestations.ts'
import { addCapabilitiesOption } from './flags/capabilities.ts'
import { addDigestFileOption, type DigestFileFlags, readDigestFile } from './flags/digest-file.ts'
import { addPackingOptions } from './flags/packing.ts'
import type { Context, DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import {
  type PolicyFlags,
  readPolicyFlags,
  choosePolicyRepository,
  addPolicyOptions,
} from './flags/policies.ts'
import { addProfileOptions, readProfileFlags } from './flags/profile.ts'
import { addReadersOption, type ReaderFlags, readReaderFlags } from './flags/readers.ts'
import { parseMountSource, parseTaggedReference } from './flags/references.ts'
import { addSigningOptions, describeSigningFlags, readSigning, type SigningFlags } from './flags/signing.ts'
import { readOpener, addTransportOptions } from './flags/transport.ts'
import { compareWithBase } from './push/compare-with-base.ts'
import { buildSbom, type PrepareFlags, prepareModule } from './push/prepare-module.ts'
import { toPoliciesJson } from './show/policies.ts'
import { reportPublished } from './show/published.ts'

interface Flags
  extends AgainstFlags, AttestFlags, DigestFileFlags, PolicyFlags, PrepareFlags, ReaderFlags, SigningFlags {
  readonly dryRun?: boolean
  readonly mount?: string
}

export const pushCommand: DefineCommand = (command, createContext) => {
  addPackingOptions(
    command
      .description(
        `Validate a module, package it with its capability manifest as an OCI artifact, sign it with --key or
--keyless, and push it. The tag is written last: it never points to an artifact that is unvalidated,
incomplete, or still without its signature. The same input always has the same digest. Prints REPOSITORY@DIGEST.`,
      )
      .argument('<reference>', 'destination with a tag, or several as REPOSITORY:TAG1,TAG2')
      .argument('<module>', 'WebAssembly module or component file'),
  ).option('--dry-run', 'print the digest without pushing; needs no network')
  addDigestFileOption(command)
    .option(
      '--mount <repository>',
      'mount the layer from this repository of the same registry instead of uploading it (cross-repository blob mount)',
    )
    .action(async (text: string, path: string, flags: Flags) => {
      const context = createContext(flags)
      const { reference, tags } = parseTaggedReference(text)
      const digestFile = await readDigestFile(flags)
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
          await digestFile.write(digest)
          context.reporter.result(
            { url: name, repository, tag: tags[0], digest, tags, ...toPoliciesJson(policies), ...more },
            digestFile.isStdout ? digest : name,
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
        await digestFile.probe()
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
          const attestedTypes = attestAll.map(({ predicateType }) => predicateType)
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
        reportPublished(publication, { url: `${repository}@${digest}`, tags, signing }, context)
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
