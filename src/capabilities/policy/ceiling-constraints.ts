import { BASELINES, findUncovered } from '../../wasm/binary/features.ts'
import type { Constraints, FeatureConstraints, ResourceLimits } from '../manifest/constraints.ts'
import type { Exceedance } from './ceiling-grants.ts'

/**
 * Constraints of a capability manifest that are weaker than a policy's. An absent constraint is inherited from the policy, so only
 * constraints that are present can be weaker.
 */
export function findExcessConstraints(own: Constraints, ceiling: Constraints): readonly Exceedance[] {
  return [
    ...(own.limits && ceiling.limits ? findExcessLimits(own.limits, ceiling.limits) : []),
    ...(own.features && ceiling.features ? findExcessFeatures(own.features, ceiling.features) : []),
  ]
}

const NUMBERS: readonly (readonly [string, (limits: ResourceLimits) => number | undefined])[] = [
  ['memory.maxPages', ({ memory }) => memory?.maxPages],
  ['tables.maxElements', ({ tables }) => tables?.maxElements],
  ['modules', ({ modules }) => modules],
  ['nesting', ({ nesting }) => nesting],
  ['size', ({ size }) => size],
]

function* findExcessLimits(own: ResourceLimits, ceiling: ResourceLimits): Generator<Exceedance> {
  for (const [key, of] of NUMBERS) {
    const [found, most] = [of(own), of(ceiling)]
    const path = `limits.${key}`
    if (found !== undefined && most !== undefined && found > most)
      yield { path, ceilingPath: path, found: `${found}`, allowed: [`at most ${most}`] }
  }
  for (const part of ['memory', 'tables'] as const) {
    const path = `limits.${part}`
    if (own[part] !== undefined && own[part].requireMax !== true && ceiling[part]?.requireMax === true)
      yield {
        path,
        ceilingPath: `${path}.requireMax`,
        found: 'without requireMax: true',
        allowed: ['with requireMax: true'],
      }
  }
  const path = 'limits.startFunction'
  if (own.startFunction === 'allow' && ceiling.startFunction === 'deny')
    yield { path, ceilingPath: path, found: 'allow', allowed: ['deny'] }
}

function* findExcessFeatures(own: FeatureConstraints, ceiling: FeatureConstraints): Generator<Exceedance> {
  const { baseline: most = 'wasm-1.0', allow = [] } = ceiling
  const { baseline = 'wasm-1.0', allow: wanted = [] } = own
  const ceilingPath = 'features'
  const allowed = [most, ...allow]
  if (findUncovered(BASELINES[baseline], most, allow).length > 0)
    yield { path: 'features.baseline', ceilingPath, found: baseline, allowed }
  const surplus = new Set(findUncovered(wanted, most, allow))
  for (const [index, found] of wanted.entries())
    if (surplus.has(found)) yield { path: `features.allow[${index}]`, ceilingPath, found, allowed }
}
