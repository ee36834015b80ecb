import { createVerdict } from '../../capabilities/evaluate/verdict.ts'
import type { PushToCompare } from '../../delivery/compare-push.ts'
import type { GrowthScope } from '../../delivery/growth.ts'
import type { Reference } from '../../oci/reference.ts'
import type { Context } from '../cli/command.ts'
import { openBase } from '../flags/against.ts'
import { parseAnnotationFlags } from '../flags/annotations.ts'
import type { PackingFlags } from '../flags/packing.ts'
import { readOpener, type TransportFlags } from '../flags/transport.ts'
import { describeGrowth } from '../show/growth.ts'
import { reportDenial } from '../show/verdict.ts'

/** A push before anything of it is sent. */
export interface PendingPush extends Pick<PushToCompare, 'prepared' | 'own'> {
  readonly path: string
  readonly reference: Reference
  readonly scope: GrowthScope
}

/** Says what a push adds to a version, in text and for JSON. Throws CAPABILITY_DENIED for what the growth policies in force refuse. */
export async function compareWithBase(
  against: string,
  { path, reference, scope, ...push }: PendingPush,
  flags: TransportFlags & Pick<PackingFlags, 'annotation'>,
  context: Context,
): Promise<object> {
  const { reporter, signal } = context
  const openTarget = await readOpener(flags, context, 'push')
  const history = await openTarget(reference, { create: true })
  const base = await openBase(against, openTarget)
  const annotations = parseAnnotationFlags(flags.annotation ?? [])
  const { comparePush } = await import('../../delivery/compare-push.ts')
  const compared = await comparePush({ ...push, annotations, base, scope: { ...scope, history } }, { signal })
  if (reporter.format === 'text') reporter.notice(describeGrowth(compared))
  const verdict = createVerdict({ findings: compared.findings, grants: [], limits: [] })
  if (!verdict.allowed) throw reportDenial(reporter, path, 'its capability manifest', verdict)
  const { findings: _, ...growth } = compared
  return { growth }
}
