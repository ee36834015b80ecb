import type { Command } from 'commander'

import { collectUpTo } from '../../collect.ts'
import { type LocatedBundleFile, listBundleFiles } from '../../delivery/files/bundle-files.ts'
import { isObjectFile, type ObjectFile, parseObjectFile } from '../../delivery/files/object-files.ts'
import { requirePinned } from '../../delivery/pin.ts'
import { requireAskedSigner } from '../../delivery/require-asked-signer.ts'
import { isNoTrust } from '../../delivery/trust-policies.ts'
import { publishBundle } from '../../delivery/publish-bundle.ts'
import { EDITABLE_TEXT_LIMIT } from '../../documents/editable-yaml.ts'
import { findGenerator } from '../../gitops/bundle/generators.ts'
import { type BundleFile, packBundle } from '../../gitops/bundle/pack-bundle.ts'
import { WasmpackError } from '../../errors.ts'
import { formatRepository } from '../../oci/reference.ts'
import { streamBytes } from '../../oci/descriptor.ts'
import { redactLocation } from '../../redacted.ts'
import { toRfc3339Seconds } from '../../time.ts'
import type { Context, CreateContext, OutputFlags } from '../cli/command.ts'
import { addExamples } from '../cli/help.ts'
import { parseAnnotationFlags } from '../flags/annotations.ts'
import { addAdmissionOfRunOptions } from '../flags/admission-of-run.ts'
import { addIdentityOptions } from '../flags/identity.ts'
import { addPlaceOptions } from '../flags/objects.ts'
import { addOutputOptions } from '../flags/output.ts'
import { readPolicyFlags } from '../flags/policies.ts'
import { parseTaggedReference } from '../flags/references.ts'
import { collectValues } from '../flags/repeated.ts'
import { addSigningOptions, readSigning, type SigningFlags } from '../flags/signing.ts'
import { readOpener } from '../flags/transport.ts'
import { forEachWasmReference, type ReferenceFlags } from './each-wasm-reference.ts'

interface Flags extends OutputFlags, SigningFlags, Omit<ReferenceFlags, 'key'> {
  readonly source?: string
  readonly revision?: string
  readonly annotation?: readonly string[]
  readonly verifyKey?: readonly string[]
}

/** The clock is not read, so the same files always have the same digest. */
const EPOCH = '1970-01-01T00:00:00Z'

export function definePush(command: Command, createContext: CreateContext): void {
  command
    .summary(
      'push a directory of Kubernetes objects that Argo CD and Flux read, if what it refers to is admitted',
    )
    .description(
      `Push a directory of Kubernetes objects as an artifact that Argo CD's OCI source and Flux's OCIRepository read, and sign it with
--key or --keyless. Every Wasm reference in it must be pinned and admitted, by the trust policies in force, by --verify-key or
by --certificate-identity. The same files always have the same digest.`,
    )
    .argument('<directory>', 'directory of objects; .git is left out')
    .argument('<reference>', 'destination with a tag, or several as REPOSITORY:TAG1,TAG2')
    .option('--source <url>', 'address of the Git repository, for the annotation that Flux and Argo CD show')
    .option('--revision <revision>', 'revision in it, such as main@sha1:COMMIT')
    .option('-a, --annotation <key=value>', 'annotation of the OCI manifest (repeatable)', collectValues)
    .action(async (directory: string, text: string, flags: Flags) => {
      const context = createContext(flags)
      const { reporter, signal, environment } = context
      const { reference, tags } = parseTaggedReference(text)
      const files = await listBundleFiles(directory, signal)
      const examined = await examineReferences(files, flags, context)
      const bundle = await packBundle(examined, readAnnotations(flags, environment.readCreated() ?? EPOCH))
      const signing = await readSigning(flags, context)
      const policies = (await readPolicyFlags(flags, signal)).trust.of(formatRepository(reference))
      if (!isNoTrust(policies)) await requireAskedSigner(signing?.signer, policies)
      const target = await (await readOpener(flags, context, 'push'))(reference, { create: true })
      const signedAt = environment.readCreated() ?? toRfc3339Seconds(new Date())
      const { written, ...signatures } = await publishBundle(
        bundle,
        { target, tags, signing, signedAt },
        { signal },
      )
      const repository = formatRepository(reference)
      const { digest } = bundle.manifest
      const url = `${repository}@${digest}`
      if (!written) reporter.notice('unchanged: all tags already point to this bundle')
      if (!signing) reporter.notice('not signed: pass --key or --keyless to sign')
      reporter.result(
        {
          url,
          repository,
          tag: tags[0],
          digest,
          tags,
          files: files.length,
          signed: signing !== undefined,
          written,
          ...signatures,
        },
        url,
      )
    })
  addPlaceOptions(
    addAdmissionOfRunOptions(addSigningOptions(command), (signing) =>
      addIdentityOptions(
        signing.option(
          '--verify-key <key>',
          'public key that must have signed what the objects refer to (repeatable; any match suffices)',
          collectValues,
        ),
      ),
    ),
  )
  addExamples(
    addOutputOptions(command),
    'wasmpack gitops push deploy/ registry.example.com/team/shop-deploy:1.2.0 --key cosign.key --verify-key cosign.pub',
    'wasmpack gitops push deploy/ registry.example.com/team/shop-deploy:1.2.0 --keyless --yes --source https://git.example.com/shop --revision main@sha1:$(git rev-parse HEAD)',
  )
}

/** The files, those with objects as the very bytes that were examined. Throws unless each Wasm reference is pinned and admitted. */
async function examineReferences(
  files: readonly LocatedBundleFile[],
  flags: Flags,
  context: Context,
): Promise<readonly BundleFile[]> {
  const kept: BundleFile[] = []
  const objects: ObjectFile[] = []
  for (const file of files) {
    const generator = findGenerator(file.path)
    if (generator !== undefined)
      throw new WasmpackError(
        'USAGE',
        `${file.source} makes ${generator} generate other objects than those that are examined`,
        {
          hint: 'generate the objects first, for example with kustomize build or helm template, and push a directory with the result',
        },
      )
    if (!isObjectFile(file.path)) {
      kept.push(file)
      continue
    }
    const bytes = await collectUpTo(file.open(), EDITABLE_TEXT_LIMIT)
    if (bytes === undefined) throw createTooLarge(file.source)
    objects.push(parseObjectFile(file.source, bytes))
    kept.push({ ...file, open: () => streamBytes(bytes) })
  }
  await forEachWasmReference(objects, toReferenceFlags(flags), context, async (located, admit) => {
    const { digest, tag } = located.address
    const { admission } = await admit(located, digest ?? tag ?? '')
    requirePinned(located, admission.manifest.digest)
    return located
  })
  return kept
}

/** --key and --trusted-root are of the signer here, unless someone is named who must have signed what the objects refer to. */
function toReferenceFlags({ verifyKey, trustedRoot, ...flags }: Omit<Flags, 'key'>): ReferenceFlags {
  const verifies = [verifyKey, flags.certificateIdentity, flags.certificateIdentityRegexp].some(
    (flag) => flag !== undefined,
  )
  return {
    ...flags,
    ...(verifies && trustedRoot !== undefined && { trustedRoot }),
    ...(verifyKey && { key: verifyKey }),
    keyFlag: '--verify-key',
  }
}

const createTooLarge = (path: string): WasmpackError =>
  new WasmpackError(
    'FILE_UNREADABLE',
    `cannot read objects ${path}: larger than ${EDITABLE_TEXT_LIMIT} bytes`,
    {
      hint: 'split the file',
    },
  )

function readAnnotations(
  { annotation, source, revision }: Flags,
  created: string,
): Readonly<Record<string, string>> {
  if (source !== undefined && redactLocation(source) !== source)
    throw new WasmpackError(
      'USAGE',
      `--source ${redactLocation(source)} has credentials, which everybody could read`,
      {
        hint: 'leave them out of the address',
      },
    )
  return {
    'org.opencontainers.image.created': created,
    ...(source !== undefined && { 'org.opencontainers.image.source': source }),
    ...(revision !== undefined && { 'org.opencontainers.image.revision': revision }),
    ...parseAnnotationFlags(annotation ?? []),
  }
}
