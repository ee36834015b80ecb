import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { formatRepository, type Reference } from '../oci/reference.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { printable } from '../printable.ts'

/** What is done to an artifact, for messages. */
export interface DigestUse {
  readonly command: 'sign' | 'attest' | 'approve'
  /** The flags after the reference. */
  readonly flags: string
}

/**
 * The digest of a reference. Throws USAGE for a tag, which may name something else by the time a statement about it is signed, with
 * the digest that it names.
 */
export async function demandDigest(
  { target, reference }: { readonly target: ReadOnlyTarget; readonly reference: Reference },
  name: string,
  { command, flags }: DigestUse,
  operation: Operation,
): Promise<Digest> {
  if (reference.digest !== undefined) return reference.digest
  const repository = formatRepository(reference)
  const { digest } = await target.resolve(name, operation)
  const problem = `is a tag, which may move: only a digest can be ${command.replace(/e$/, '')}ed`
  throw new WasmpackError('USAGE', `${repository}:${name} ${problem}`, {
    hint: `${command} the digest: wasmpack ${command} ${repository}@${digest} ${printable(flags)}`,
    details: { digest },
  })
}
