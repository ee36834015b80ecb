import type { Inspection } from '../../wasm/types/inspection.ts'
import type { Finding } from '../evaluate/finding.ts'
import type { ModuleRequirement } from '../evaluate/module-requirement.ts'
import { findCoreMisfits } from './core-fit.ts'
import type { RunTarget } from './run-target.ts'
import { findWorldMisfits } from './world-fit.ts'

/** Findings for a binary that does not fit its target; empty if it fits. */
export function findMisfits(inspection: Inspection, target: RunTarget): readonly Finding[] {
  if (inspection.kind === 'wit')
    return [createKindFinding('a component', 'a WIT package', target, 'pass the component built from it')]
  if (target.kind === 'core')
    return inspection.kind === 'module'
      ? findCoreMisfits(inspection, target)
      : [createKindFinding('a core module', 'a component', target, 'pass the core module it was made from')]
  return inspection.kind === 'component'
    ? findWorldMisfits(inspection, target)
    : [createKindFinding('a component', 'a core module', target, 'wrap it with: wasm-tools component new')]
}

/** A requirement that reports {@link findMisfits}. */
export const createTargetRequirement = (target: RunTarget): ModuleRequirement => ({
  needsInstructions: false,
  judge: ({ inspection }) => findMisfits(inspection, target),
})

const createKindFinding = (
  expected: string,
  found: string,
  { name }: RunTarget,
  instead: string,
): Finding => ({
  rule: 'incompatible',
  severity: 'error',
  message: `${name} expects ${expected}, found ${found}: ${instead}`,
})
