import type { Reference } from '../../oci/reference.ts'
import type { RegistryAction } from '../../oci/registry/auth/scope.ts'
import type { Target } from '../../oci/target.ts'
import type { Context } from '../cli/command.ts'
import { parseTagOrDigest } from './references.ts'
import { readOpener, type TransportFlags } from './transport.ts'

/** An artifact that a command names by tag or digest, and the opened repository that it is in. */
interface OpenedReference {
  readonly reference: Reference
  /** The tag, or the digest. */
  readonly name: string
  readonly target: Target
}

/** Opens the repository of the artifact that an argument names. Throws USAGE if it names neither tag nor digest. */
export async function openReference(
  text: string,
  flags: TransportFlags,
  context: Context,
  action?: RegistryAction,
): Promise<OpenedReference> {
  const { reference, name } = parseTagOrDigest(text)
  const openTarget = await readOpener(flags, context, action)
  return { reference, name, target: await openTarget(reference) }
}
