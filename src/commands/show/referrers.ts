import type { DiscoverResult } from '../../delivery/discover.ts'
import { printable } from '../../printable.ts'

/** An artifact with its referrers, one a line. */
export function describeReferrers({ url, referrers }: DiscoverResult): string {
  const lines = referrers.map(
    ({ kind, digest, predicateType, artifactType }) =>
      `  ${kind.padEnd(11)} ${digest}  ${printable(predicateType ?? artifactType ?? '')}`,
  )
  return [url, ...(lines.length > 0 ? lines : ['  no referrers'])].join('\n')
}
