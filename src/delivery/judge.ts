import { evaluateAll } from '../capabilities/evaluate.ts'
import type { Evidence } from '../capabilities/evidence.ts'
import type { Finding } from '../capabilities/finding.ts'
import type { CapabilityManifest } from '../capabilities/manifest.ts'
import type { Requirement } from '../capabilities/requirement.ts'
import { strictly, type Verdict, verdictOf } from '../capabilities/verdict.ts'

/** Everything that a module is judged by: it has to satisfy all of it. */
export interface JudgeRequest {
  /** What grants: the embedded one, the consumer's. */
  readonly manifests: readonly CapabilityManifest[]
  /** What it has to meet beside: policies, targets. */
  readonly requirements?: readonly Requirement[] | undefined
  /** Warnings deny as errors do. */
  readonly strict?: boolean | undefined
}

/** Whether the instructions have to be read, which takes longer than everything else. */
export const needsInstructions = ({ manifests, requirements = [] }: JudgeRequest): boolean =>
  manifests.some(({ spec }) => spec.features !== undefined) ||
  requirements.some((requirement) => requirement.needsInstructions)

const NOTHING_GRANTED: Omit<Verdict, 'allowed'> = { findings: [], grants: [], limits: [] }

/** The one verdict on a module. Throws MODULE_MALFORMED for a WIT package; without anything to judge by there is none. */
export async function judge(evidence: Evidence, request: JudgeRequest): Promise<Verdict> {
  const { manifests, requirements = [] } = request
  if (manifests.length + requirements.length === 0) throw new Error('a verdict needs something to judge by')
  const granted = manifests.length === 0 ? NOTHING_GRANTED : evaluateAll(evidence, manifests)
  const verdict = verdictOf({
    ...granted,
    findings: [
      ...granted.findings,
      ...manifests.flatMap(targetNotChecked),
      ...requirements.flatMap((requirement) => requirement.judge(evidence, manifests)),
    ],
  })
  return request.strict ? strictly(verdict) : verdict
}

function targetNotChecked({ spec: { target } }: CapabilityManifest): Finding[] {
  if (target === undefined) return []
  const message = `it is meant for ${target}, and whether it fits there was not checked`
  return [{ rule: 'not-checked', severity: 'error', message }]
}
