import {
  type AddedCapabilities,
  addsCapabilities,
  toManifestPath,
} from '../../capabilities/diff/find-growth.ts'
import type { PushComparison } from '../../delivery/compare-push.ts'
import { printable } from '../../printable.ts'
import { wrapWords } from '../../ui/columns.ts'

const MOST_LINES = 20

/** What a push adds to the version that it was compared with, as text. */
export function describeGrowth({ against, added }: PushComparison): string {
  if (against === undefined) return 'there is no version before'
  if (!addsCapabilities(added)) return `adds nothing to ${printable(against)}`
  return [
    `adds to ${printable(against)}:`,
    ...wrapWords(listAdded(added), { indent: 2, lines: MOST_LINES }),
  ].join('\n')
}

/** The names of what was added, safe on a terminal. */
export const listAdded = ({ classes, imports, grants }: AddedCapabilities): readonly string[] => [
  ...classes,
  ...imports,
  ...grants.map(toManifestPath),
]
