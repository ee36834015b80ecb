import type { DiscoverResult } from '../../delivery/discover.ts'
import { printable } from '../../printable.ts'
import { alignColumns } from '../../ui/columns.ts'

/** An artifact with its referrers, one a line. */
export function describeReferrers({ url, referrers }: DiscoverResult): string {
  const rows = referrers.map(({ kind, digest, tag, predicateType, artifactType, problem }) => [
    kind,
    digest,
    printable(predicateType ?? tag ?? artifactType ?? ''),
    printable(problem ?? ''),
  ])
  const lines = alignColumns(rows, { indent: 2 })
  return [url, ...(lines.length > 0 ? lines : ['  no referrers'])].join('\n')
}
