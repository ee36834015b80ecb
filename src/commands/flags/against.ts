import type { Command } from 'commander'

import type { PushBase } from '../../delivery/compare-push.ts'
import type { OpenTarget } from '../../delivery/open/open-target.ts'
import { parseTagOrDigest } from './references.ts'

export interface AgainstFlags {
  readonly against?: string
}

export const addAgainstOption = (command: Command): Command =>
  command.option(
    '--against <reference>',
    'before anything is sent, say what it adds to this version, and hold the growth policies in force; latest: the newest lower version',
  )

/** What the flag names. */
export async function openBase(against: string, openTarget: OpenTarget): Promise<PushBase> {
  if (against === 'latest') return { kind: 'latest' }
  const { reference, name } = parseTagOrDigest(against)
  return { kind: 'artifact', target: await openTarget(reference, { purpose: 'pull' }), name }
}
