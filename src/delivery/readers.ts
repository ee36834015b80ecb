import type { PushProfile } from '../artifact/profiles/push-profile.ts'
import { type ArtifactShape, describeProfile, describeShape } from '../gitops/readers/artifact-shape.ts'
import {
  listReadings,
  READER_NAMES,
  type Reader,
  type Reading,
  requireReaders,
} from '../gitops/readers/readers.ts'
import { collect } from '../oci/descriptor.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { AdmissionResult, ResolvedArtifact } from './admit.ts'
import { type InspectedArtifact, inspectArtifact } from './inspect-subject.ts'
import type { PreparedPush } from './prepare.ts'

export { listReadings, READER_NAMES }
export type { Reader, Reading }

/** In bytes. */
const CONFIG_LIMIT = 4 * 1024 * 1024

/** What readers tell an artifact by, its config included. */
export async function readShape(
  {
    target,
    opened,
    inspection,
  }: Pick<InspectedArtifact, 'target' | 'inspection'> & {
    readonly opened: Pick<ResolvedArtifact, 'manifest' | 'source'>
  },
  operation: Operation,
): Promise<ArtifactShape> {
  const { kind } = opened.manifest
  const { manifest, form } = opened.source
  const config = await collect(target.fetch(manifest.config, operation), CONFIG_LIMIT, 'the config')
  return describeShape(manifest, config, { kind, form, inspection })
}

/** Throws USAGE unless all of the readers read what is about to be pushed in the profile. */
export async function requireReadersOfPush(
  readers: readonly Reader[],
  { inspection }: Pick<PreparedPush, 'inspection'>,
  profile: PushProfile,
): Promise<void> {
  if (readers.length > 0) await requireReaders(readers, await describeProfile(profile, inspection))
}

/** Throws USAGE unless the consumer reads an artifact that was admitted. */
export async function requireReadable(
  reader: Reader,
  target: ReadOnlyTarget,
  admission: Pick<AdmissionResult, 'manifest' | 'source' | 'inspection'>,
  operation: Operation,
): Promise<void> {
  const { inspection } = admission
  await requireReaders([reader], await readShape({ target, opened: admission, inspection }, operation))
}

/** Throws USAGE unless all of the readers read the artifact; its module is read for it. */
export async function requireReadersOfArtifact(
  readers: readonly Reader[],
  target: ReadOnlyTarget,
  name: string,
  operation: Operation,
): Promise<void> {
  if (readers.length === 0) return
  const inspected = await inspectArtifact(target, name, { verifier: 'ignored' }, operation)
  await requireReaders(readers, await readShape(inspected, operation))
}
