import {
  type ExaminationOptions,
  type Examined,
  examineArtifact,
  examineFile,
  isLocal,
} from '../../delivery/examine.ts'
import type { OpenTarget } from '../../delivery/open/open-target.ts'
import type { OptionalTrust } from '../../delivery/trust.ts'
import { WasmpackError } from '../../errors.ts'
import { isLocalReference } from '../../oci/reference.ts'
import type { Context } from '../cli/command.ts'
import { choosePolicyRepository } from './policies.ts'
import { parseTagOrDigest } from './references.ts'
import { readOpener, type TransportFlags } from './transport.ts'
import type { TrustFlags } from './trust.ts'

/** Examines what an argument names: the file of that name if there is one, else the artifact. */
export type Examine = (
  argument: string,
  options: Omit<ExaminationOptions, 'verifier'> & { readonly trust: OptionalTrust },
) => Promise<Examined>

/** The subjects of one run share their connections; where all are files, none is made and no credential is read. */
export function createExaminer(flags: TransportFlags, context: Context): Examine {
  let opener: Promise<OpenTarget> | undefined
  return async (argument, options) => {
    if (await isLocal(argument)) return examineFile(argument, options)
    const { reference, name } = parseTagOrDigest(checkReferenceSyntax(argument))
    const verifier = options.trust.of(choosePolicyRepository({}, reference))
    opener ??= readOpener(flags, context)
    const target = await (await opener)(reference)
    return examineArtifact(target, name, { ...options, verifier }, { signal: context.signal })
  }
}

/** A file carries no signature: a key beside nothing but files would seem to have verified them. Throws USAGE. */
export async function rejectKeyForFiles({ key }: TrustFlags, subjects: readonly string[]): Promise<void> {
  if (key === undefined || (await Promise.all(subjects.map(isLocal))).includes(false)) return
  throw new WasmpackError(
    'USAGE',
    `--key verifies an artifact, and ${subjects.join(' and ')} would be read from the disk`,
    {
      hint: 'leave --key out, or name the artifact by its reference',
    },
  )
}

/** What is meant as a file should not be called a bad reference. Throws FILE_NOT_FOUND. */
function checkReferenceSyntax(text: string): string {
  if (isLocalReference(text) || (text.includes('/') && text.includes(':'))) return text
  throw new WasmpackError('FILE_NOT_FOUND', `${text} is neither a file nor a reference`, {
    hint: 'check the path, or write HOST/REPOSITORY:TAG',
  })
}
