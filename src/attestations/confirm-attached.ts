import { WasmpackError } from '../errors.ts'
import { type Clock, systemClock } from '../http/retry.ts'
import { collect } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { findUnlisted } from '../oci/find-unlisted.ts'
import { type Operation, type ReadOnlyTarget, undefinedIfNotFound } from '../oci/target.ts'
import { getSuccessors } from '../oci/manifest.ts'
import { BUNDLE_PREFIX } from '../signing/bundle.ts'
import { ATTESTATION_LIMIT } from './statement.ts'

/** What was attached to an artifact. */
export interface Attached {
  /** Is looked up in the list of referrers and read back. */
  readonly digest: Digest
  /** Default: a signature. */
  readonly what?: 'signature' | 'attestation'
  /** Attestations, which are only looked up in the list. */
  readonly others?: readonly Digest[]
}

/**
 * Reads back what was attached, as clients find it, since some registries answer 201 and keep nothing. Throws REGISTRY_REFUSED if the
 * target does not list it or has not its bytes; `consequence` completes the message. A refusal to hand it out is none to
 * keep it.
 */
export async function confirmAttached(
  target: ReadOnlyTarget,
  subject: Digest,
  { digest, what = 'signature', others = [] }: Attached,
  consequence: string,
  { signal }: Operation = {},
  clock: Clock = systemClock,
): Promise<void> {
  const operation = { signal, fresh: true }
  const refuse = (problem: string): WasmpackError =>
    new WasmpackError('REGISTRY_REFUSED', `${target.name} ${problem}${consequence}`, {
      hint: 'the registry may not keep referrers, or delete what has no tag: use another one, or change its retention rules',
      details: { subject, [what]: digest },
    })
  const [missing, problem] = await Promise.all([
    findUnlisted(target, subject, [digest, ...others], { signal }, clock),
    findReadProblem(target, digest, operation),
  ])
  if (problem !== undefined) throw refuse(`accepted the ${what} ${digest}, but ${problem}`)
  if (missing !== undefined)
    throw refuse(
      `accepted the ${missing === digest ? what : 'attestation'} ${missing}, but does not list it as a referrer of ${subject}`,
    )
}

/** Why a client could not read what was attached; undefined if it could, or if the registry withholds it. */
async function findReadProblem(
  target: ReadOnlyTarget,
  digest: Digest,
  operation: Operation,
): Promise<string | undefined> {
  try {
    const manifest = await undefinedIfNotFound(target.manifest(digest, operation))
    if (manifest === undefined) return 'does not have its manifest'
    for (const blob of getSuccessors(manifest)) {
      if (!blob.mediaType.startsWith(BUNDLE_PREFIX)) continue
      const bytes = await undefinedIfNotFound(
        collect(target.fetch(blob, operation), ATTESTATION_LIMIT, 'bundle'),
      )
      if (bytes === undefined) return 'does not have its bundle'
    }
    return undefined
  } catch (error) {
    if (error instanceof WasmpackError && error.code === 'REGISTRY_REFUSED') return undefined
    throw error
  }
}
