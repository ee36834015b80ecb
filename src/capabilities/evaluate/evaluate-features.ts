import { type Feature, findUncovered } from '../../wasm/binary/features.ts'
import type { FeatureConstraints } from '../manifest/constraints.ts'
import type { Evidence } from './evidence.ts'
import type { Finding } from './finding.ts'
import type { LimitReport } from './verdict.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

interface FeatureEvaluation {
  readonly findings: readonly Finding[]
  readonly reports: readonly LimitReport[]
}

const PATH = 'spec.features'

/** Evaluates the required features. Fails closed if the instructions were not scanned. */
export function evaluateFeatures(
  { inspection, instructions }: Evidence,
  constraints: FeatureConstraints,
): FeatureEvaluation {
  const { baseline = 'wasm-1.0', allow = [] } = constraints
  const needed = instructions?.features.keys() ?? inspection.features
  const findings = findUncovered(needed, baseline, allow).map((feature) =>
    createFeatureFinding(feature, baseline, instructions?.features.get(feature)),
  )
  if (instructions === undefined)
    findings.push({
      rule: 'not-checked',
      severity: 'error',
      message: 'features are limited, but the instructions were not scanned',
      path: PATH,
    })
  if (findings.length > 0) return { findings, reports: [] }
  const limit = `features: ${toYamlFlow({ baseline, ...(allow.length > 0 && { allow }) })}`
  return { findings, reports: [{ limit, path: PATH, status: 'proved' }] }
}

const createFeatureFinding = (feature: Feature, baseline: string, offset: number | undefined): Finding => ({
  rule: 'feature-not-allowed',
  severity: 'error',
  message: `the module needs ${feature}, which is neither in ${baseline} nor allowed`,
  grant: `features: {allow: [${feature}]}`,
  path: PATH,
  ...(offset !== undefined && { offset }),
})
