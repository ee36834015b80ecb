import type { StartCost } from '../../delivery/start-cost.ts'
import { property, wrapped } from '../../ui/columns.ts'
import { formatSize } from '../../ui/progress.ts'
import type { ColdStart } from '../../runtimes/cold-start.ts'

/** What starting costs, for people; `more` says what else travels. */
export const describeStartCost = (
  { bytes, gzipBytes, coldStarts }: StartCost,
  more = '',
): readonly string[] => [
  'to start it',
  property('travels', `${formatSize(bytes)}${more}; ${formatSize(gzipBytes)} where the transport gzips`),
  ...coldStarts.flatMap(describeColdStart),
]

function describeColdStart({
  runtime,
  version,
  compile,
  instantiate,
  rounds,
  notes,
}: ColdStart): readonly string[] {
  const figures = [
    ...(compile === undefined ? [] : [`compile ${milliseconds(compile)}`]),
    ...(instantiate === undefined ? [] : [`instantiate ${milliseconds(instantiate)}`]),
  ]
  const basis =
    rounds === undefined ? '' : `  (median of ${rounds}${version === undefined ? '' : `, ${version}`})`
  const [first, ...rest] = [...(figures.length > 0 ? [`${figures.join(', ')}${basis}`] : []), ...notes]
  return [property(runtime, first ?? ''), ...wrapped(rest, { indent: 16 })]
}

const milliseconds = (value: number): string => (value < 0.1 ? 'below 0.1 ms' : `${value.toFixed(1)} ms`)
