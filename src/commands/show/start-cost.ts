import type { StartCost } from '../../delivery/start-cost.ts'
import { formatProperties, formatProperty } from '../../ui/columns.ts'
import { formatSize } from '../../ui/progress.ts'
import type { ColdStart } from '../../runtimes/cold-start.ts'

/** The cold start as text; `more` describes what is transferred besides the module. */
export const describeStartCost = (
  { bytes, gzipBytes, coldStarts }: StartCost,
  more = '',
): readonly string[] => [
  'cold start',
  formatProperty('transfer', `${formatSize(bytes)}${more}; ${formatSize(gzipBytes)} with gzip`),
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
    ...(compile === undefined ? [] : [`compile ${formatMilliseconds(compile)}`]),
    ...(instantiate === undefined ? [] : [`instantiate ${formatMilliseconds(instantiate)}`]),
  ]
  const told = [
    ...(figures.length > 0 ? [`${figures.join(', ')}, median of ${rounds}`] : []),
    ...notes,
    ...(version === undefined ? [] : [`version ${version}`]),
  ]
  return formatProperties(runtime, told)
}

const formatMilliseconds = (value: number): string =>
  value < 0.1 ? 'below 0.1 ms' : `${value.toFixed(value < 100 ? 1 : 0)} ms`
