import {
  type InspectOptions,
  type InspectedSubject,
  inspectArtifact,
  inspectFile,
  isLocalFile,
} from '../../delivery/inspect-subject.ts'
import type { OpenTarget } from '../../delivery/open/open-target.ts'
import type { OptionalTrust } from '../../delivery/trust.ts'
import { WasmpackError } from '../../errors.ts'
import { isLocalReference } from '../../oci/reference.ts'
import { printable } from '../../printable.ts'
import { redactLocation } from '../../redacted.ts'
import type { Context } from '../cli/command.ts'
import { choosePolicyRepository } from './policies.ts'
import { parseTagOrDigest } from './references.ts'
import { readOpener, type TransportFlags } from './transport.ts'
import { findTrustOption, type TrustFlags } from './trust.ts'

/** Inspects the file of that name if there is one, else the artifact. */
export type Examine = (
  argument: string,
  options: Omit<InspectOptions, 'verifier'> & { readonly trust: OptionalTrust },
) => Promise<InspectedSubject>

/** All subjects of a run share connections. Files need neither connections nor credentials. */
export function createExaminer(flags: TransportFlags, context: Context): Examine {
  let opener: Promise<OpenTarget> | undefined
  return async (argument, options) => {
    if (await isLocalFile(argument)) return inspectFile(argument, options)
    const { reference, name } = parseTagOrDigest(checkReferenceSyntax(argument))
    const verifier = options.trust.of(choosePolicyRepository({}, reference))
    opener ??= readOpener(flags, context)
    const target = await (await opener)(reference)
    return inspectArtifact(target, name, { ...options, verifier }, { signal: context.signal })
  }
}

/** Throws USAGE for --key or an identity with nothing but files: they have no signature, so it would seem to have verified them. */
export async function rejectTrustForFiles(flags: TrustFlags, subjects: readonly string[]): Promise<void> {
  const option = findTrustOption(flags)
  if (option === undefined || (await Promise.all(subjects.map(isLocalFile))).includes(false)) return
  throw new WasmpackError(
    'USAGE',
    `${option} verifies artifacts, and ${subjects.join(' and ')} ${subjects.length === 1 ? 'is a local file' : 'are local files'}`,
    {
      hint: `omit ${option}, or pass a reference instead of a file`,
    },
  )
}

/** Throws FILE_NOT_FOUND for what looks like a path, so that a mistyped path is not called an invalid reference. */
function checkReferenceSyntax(text: string): string {
  if (isLocalReference(text) || (text.includes('/') && text.includes(':'))) return text
  throw new WasmpackError(
    'FILE_NOT_FOUND',
    `no such file, and not a reference: ${printable(redactLocation(text))}`,
    {
      hint: 'check the path, or write HOST/REPOSITORY:TAG',
    },
  )
}
