import { approvePublished } from '../delivery/approve.ts'
import { WasmpackError } from '../errors.ts'
import { formatRepository, parseReference, type Reference } from '../oci/reference.ts'
import type { Target } from '../oci/target.ts'
import { printable } from '../printable.ts'
import { redactLocation } from '../redacted.ts'
import type { Signing } from '../signing/signing.ts'
import { type Context, type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { exclusiveOptions } from './flags/exclusive.ts'
import { openReference } from './flags/open-reference.ts'
import { addOutputOptions } from './flags/output.ts'
import { choosePolicyRepository } from './flags/policies.ts'
import { addAttestingOptions, describeSigningFlags, readSigning, type SigningFlags } from './flags/signing.ts'
import { addTransportOptions, readOpener } from './flags/transport.ts'
import { describeCapabilitySet } from './show/capability-set.ts'

interface Flags extends OutputFlags, SigningFlags {
  readonly as?: string
  readonly for?: string
}

export const approveCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Approve what a module asks for, for its repository: read the module of an artifact by its digest, and sign an attestation of
its classes of capabilities, its imports that are not in the catalogue, and its grants. Under a policy with growth: approved, modules
of the repository may ask for no more than the newest approval covers.`,
    )
    .argument('<reference>', 'REPOSITORY@DIGEST')
    .option(
      '--for <repository>',
      'approve for this repository, and keep the approval there: for an artifact that is to be copied there',
    )
    .option('--as <reference>', 'approve for this repository, of an OCI layout')
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const { reporter, signal } = context
      const who = describeSigningFlags(flags)
      if (who === undefined)
        throw new WasmpackError('USAGE', 'no private key and no identity to sign with', {
          hint: `wasmpack approve ${printable(redactLocation(text))} --key cosign.key; generate one with: wasmpack generate-key-pair; or sign with --keyless`,
        })
      // The newest approval counts, so that its time is that of the clock, whatever SOURCE_DATE_EPOCH is.
      const signedAt = new Date().toISOString()
      const opened = await openReference(text, flags, context, 'push')
      const approved = await openApproved(flags, opened, context)
      const openSigning = async (): Promise<Signing> => (await readSigning(flags, context))!
      const request = { ...opened, flags: who, openSigning, signedAt, approved }
      const { digest, approval, capabilities } = await approvePublished(request, { signal })
      const { repository } = approved
      if (reporter.format === 'text')
        reporter.notice(`approved for ${repository}:\n${describeCapabilitySet(capabilities).join('\n')}`)
      reporter.result(
        { repository, digest, approval, approvedAt: signedAt, capabilities },
        `${repository}@${approval}`,
      )
    })
  addExamples(
    addOutputOptions(addTransportOptions(addAttestingOptions(command))),
    'wasmpack approve registry.example.com/team/app@sha256:... --key security.key',
    'wasmpack approve stage.example.com/team/app@sha256:... --for prod.example.com/team/app --keyless --yes',
  )
}

/** The repository that the approval is for, and where it is kept. */
async function openApproved(
  flags: Flags,
  { reference, target }: { readonly reference: Reference; readonly target: Target },
  context: Context,
): Promise<{ readonly repository: string; readonly target: Target }> {
  const repository = choosePolicyRepository(flags, reference)
  if (flags.for !== undefined) {
    if (flags.as !== undefined) throw exclusiveOptions('--as', '--for')
    const other = parseRepository(flags.for)
    const openTarget = await readOpener(flags, context, 'push')
    return { repository: formatRepository(other), target: await openTarget(other) }
  }
  if (repository !== undefined) return { repository, target }
  throw new WasmpackError('USAGE', `${target.name} is an OCI ${reference.kind}`, {
    hint: 'name the repository that the approval is for: --as registry.example.com/team/app',
  })
}

function parseRepository(text: string): Reference {
  const reference = parseReference(text)
  if (reference.kind === 'registry' && reference.tag === undefined && reference.digest === undefined)
    return reference
  throw new WasmpackError(
    'USAGE',
    `--for ${printable(redactLocation(text))} is not a repository of a registry`,
    {
      hint: 'for example --for registry.example.com/team/app',
    },
  )
}
