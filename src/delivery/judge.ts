import { evaluateAll } from '../capabilities/evaluate/evaluate.ts'
import type { Evidence } from '../capabilities/evaluate/evidence.ts'
import type { Finding } from '../capabilities/evaluate/finding.ts'
import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import type { ModuleRequirement } from '../capabilities/evaluate/module-requirement.ts'
import { treatWarningsAsErrors, type Verdict, createVerdict } from '../capabilities/evaluate/verdict.ts'

/** Everything that a module is judged by: it has to satisfy all of it. */
export interface JudgeRequest {
  /** What grants: the embedded one, the consumer's. */
  readonly manifests: readonly CapabilityManifest[]
  /** What it has to meet beside: policies, targets. */
  readonly requirements?: readonly ModuleRequirement[] | undefined
  /** WIT that declares the worlds that manifests name as their targets, as far as they are not bundled. */
  readonly wit?: string | undefined
  /** Warnings deny as errors do. */
  readonly strict?: boolean | undefined
}

/** Whether the instructions have to be read, which takes longer than everything else. */
export const needsInstructions = ({ manifests, requirements = [] }: JudgeRequest): boolean =>
  manifests.some(({ spec }) => spec.features !== undefined) ||
  requirements.some((requirement) => requirement.needsInstructions)

const NOTHING_GRANTED: Omit<Verdict, 'allowed'> = { findings: [], grants: [], limits: [] }

/** The one verdict on a module. Throws MODULE_MALFORMED for a WIT package; without anything to judge by there is none. */
export async function judgeModule(evidence: Evidence, request: JudgeRequest): Promise<Verdict> {
  const { manifests, requirements = [], wit } = request
  if (manifests.length + requirements.length === 0) throw new Error('a verdict needs something to judge by')
  const granted = manifests.length === 0 ? NOTHING_GRANTED : evaluateAll(evidence, manifests)
  const targets = await Promise.all(manifests.map((manifest) => checkTarget(evidence, manifest, wit)))
  const verdict = createVerdict({
    ...granted,
    findings: [
      ...granted.findings,
      ...targets.flat(),
      ...requirements.flatMap((requirement) => requirement.judge(evidence, manifests)),
    ],
    limits: [
      ...granted.limits,
      ...requirements.flatMap((requirement) => requirement.limits?.(evidence) ?? []),
    ],
  })
  return request.strict ? treatWarningsAsErrors(verdict) : verdict
}

async function checkTarget(
  { inspection }: Evidence,
  { spec: { target } }: CapabilityManifest,
  wit: string | undefined,
): Promise<readonly Finding[]> {
  if (target === undefined) return []
  const { isBundledTarget, findMisfits, loadTarget } = await import('./targets/run-targets.ts')
  const isBundled = isBundledTarget(target)
  if (!isBundled && wit === undefined) {
    const message = `it is meant for ${target}, and whether it fits there can only be checked with the WIT of that world`
    return [{ rule: 'not-checked', severity: 'error', message }]
  }
  // WIT that was given for another target need not have this one, and may not change what it is.
  return findMisfits(inspection, await loadTarget(target, isBundled ? undefined : wit))
}
