import type { Inspection } from '../../wasm/types/inspection.ts'
import type { Finding } from '../evaluate/finding.ts'
import type { Requirement } from '../evaluate/requirement.ts'
import { coreMisfits } from './core-fit.ts'
import type { RunTarget } from './run-target.ts'
import { worldMisfits } from './world-fit.ts'

/** Everything because of which a binary cannot run where it is meant to; nothing if it can. */
export function misfitsOf(inspection: Inspection, target: RunTarget): readonly Finding[] {
  if (inspection.kind === 'wit') return [mistaken('a WIT package has no code', target, 'give a component')]
  if (target.kind === 'core')
    return inspection.kind === 'module'
      ? coreMisfits(inspection, target)
      : [mistaken('a component is no core module', target, 'give the module that it was made from')]
  return inspection.kind === 'component'
    ? worldMisfits(inspection, target)
    : [mistaken('a core module is no component', target, 'make one of it with: wasm-tools component new')]
}

/** Judges by {@link misfitsOf}. */
export const fitting = (target: RunTarget): Requirement => ({
  needsInstructions: false,
  judge: ({ inspection }) => misfitsOf(inspection, target),
})

const mistaken = (what: string, { name }: RunTarget, instead: string): Finding => ({
  rule: 'incompatible',
  severity: 'error',
  message: `${what}, which ${name} expects: ${instead}`,
})
