import { WasmpackError } from '../../errors.ts'
import type { RenderOptions } from './target.ts'

/** The labels of the workloads that a filter is for; without any it would be for all of the namespace. */
export function requireSelector(
  { workloadSelector = {} }: RenderOptions,
  target: string,
): Readonly<Record<string, string>> {
  if (Object.keys(workloadSelector).length > 0) return workloadSelector
  throw new WasmpackError('USAGE', `${target} needs the workloads that the filter is for`, {
    hint: 'for example --workload-selector app=gateway',
  })
}
