import { type Reply, refusal } from './asked.ts'
import { type Store, projectOf } from './store.ts'

export interface QuotaSwitches {
  /** Bytes of blobs and manifests that fit into a project, the first part of a name; 403 DENIED above (Harbor). */
  readonly quota?: number
}

/** The refusal of contents that would not fit, by digest and length; what the project holds already costs nothing. */
export function refuseAboveQuota(
  store: Store,
  { quota }: QuotaSwitches,
  name: string,
  contents: ReadonlyMap<string, number>,
): Reply | undefined {
  if (quota === undefined) return undefined
  const held = store.held(projectOf(name))
  const used = sum(held.values())
  const added = sum([...contents].filter(([digest]) => !held.has(digest)).map(([, size]) => size))
  if (used + added <= quota) return undefined
  return refusal(
    403,
    'DENIED',
    `adding ${readable(added)} of storage resource, which when updated to current usage of ${readable(used)} will exceed the configured upper limit of ${readable(quota)}.`,
  )
}

const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0)

const UNITS = ['KiB', 'MiB', 'GiB'] as const

function readable(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let [value, unit] = [bytes / 1024, 0]
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024
  return `${value.toFixed(1)} ${UNITS[unit]}`
}
