import { printable } from '../../printable.ts'
import { type WorldMisfit, compareWithWorld } from '../../wasm/types/subtyping.ts'
import type { ComponentInspection } from '../../wasm/types/inspection.ts'
import type { Finding } from '../evaluate/finding.ts'
import { isLaterVersion, parseTrackedName } from '../catalog/interface-name.ts'
import type { WorldTarget } from './run-target.ts'

/** Versions on one semver-compatible track are interchangeable; the latest counts. */
const BY_TRACK = {
  key(name: string): string {
    const parsed = parseTrackedName(name)
    return parsed.track === '' ? name : `${parsed.name}@${parsed.track}`
  },
  isLater: isLaterVersion,
}

/** Findings for a component that does not fit a world; empty if it fits. */
export function findWorldMisfits(component: ComponentInspection, world: WorldTarget): Finding[] {
  const offsets = new Map(component.imports.map(({ name, offset }) => [name, offset]))
  return compareWithWorld(component.types.shape, world.shape, BY_TRACK).map((misfit) =>
    toFinding(misfit, world, misfit.side === 'import' ? offsets.get(misfit.name) : undefined),
  )
}

function toFinding(misfit: WorldMisfit, world: WorldTarget, offset: number | undefined): Finding {
  const shown = printable(misfit.item === undefined ? misfit.name : `${misfit.name}#${misfit.item}`)
  return {
    rule: 'incompatible',
    severity: 'error',
    message: `${shown} ${describeMisfit(misfit, world.name)}`,
    ...(misfit.side === 'import' && { import: shown }),
    ...(offset !== undefined && { offset }),
  }
}

function describeMisfit({ side, item, problem, difference }: WorldMisfit, world: string): string {
  if (problem === 'missing') {
    const inside = item === undefined ? '' : ', which has the interface but not this item'
    return side === 'import'
      ? `is not offered by ${world}${inside}`
      : `is not exported, but ${world} expects it`
  }
  const what = problem === 'other-kind' ? 'is of another kind' : 'has another type'
  return `${what} in ${world}: ${printable(difference!)}`
}
