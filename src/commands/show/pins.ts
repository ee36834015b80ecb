import type { DiffResult } from '../../delivery/compare-subjects.ts'
import { formatPlace, type LocatedReference, type PinTarget } from '../../delivery/pin.ts'
import type { Digest } from '../../oci/digest.ts'
import { printable } from '../../printable.ts'
import { describeDiff, toDiffJson } from './diff.ts'
import { renderDiffMarkdown } from './diff-markdown.ts'
import { renderCodeSpan } from './markdown.ts'

/** A reference in an object, and what it names from now on. */
export interface Pinned {
  readonly located: LocatedReference
  readonly target: PinTarget
  readonly digest: Digest
  /** As the object had it. */
  readonly before: string
  /** Where another version takes the place of the one that was pinned. */
  readonly diff?: DiffResult
}

export const toPinJson = ({ located: { file, found }, digest, before, target, diff }: Pinned): object => ({
  file: file.path,
  line: found.scalar.line,
  object: found.object,
  path: found.path,
  before,
  digest,
  ...(target.tag === undefined ? {} : { tag: target.tag }),
  ...(diff && { diff: toDiffJson(diff) }),
})

const listChanges = (pinned: readonly Pinned[]): readonly Pinned[] =>
  pinned.filter(({ located, digest }) => located.address.digest !== digest)

const formatTarget = ({ target, digest }: Pinned): string =>
  target.tag === undefined ? digest : `${target.tag}@${digest}`

/** A line for each reference that changes, and what its new version may do besides. */
export const describePins = (pinned: readonly Pinned[]): string =>
  listChanges(pinned)
    .map((one) => {
      const line = `${printable(formatPlace(one.located))}: ${printable(one.before)} -> ${formatTarget(one)}`
      return one.diff === undefined ? line : `${line}\n${describeDiff(one.diff)}`
    })
    .join('\n')

/** The same for a pull request. */
export const renderPinsMarkdown = (pinned: readonly Pinned[]): string =>
  listChanges(pinned)
    .map((one) =>
      [
        `## ${renderCodeSpan(one.located.found.object)}`,
        '',
        `${renderCodeSpan(formatPlace(one.located))}: ${renderCodeSpan(one.before)} becomes ${renderCodeSpan(formatTarget(one))}`,
        ...(one.diff ? ['', renderDiffMarkdown(one.diff)] : []),
      ].join('\n'),
    )
    .join('\n\n')
