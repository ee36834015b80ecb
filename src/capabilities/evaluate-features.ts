import type { FeatureConstraints } from './constraints.ts'
import type { Evidence } from './evidence.ts'
import type { Finding } from './finding.ts'

/** What the binary needs a runtime to know. Fails closed: what nobody looked at is not allowed. */
export function evaluateFeatures(evidence: Evidence, constraints: FeatureConstraints): Finding[] {
  void constraints
  if (evidence.instructions === undefined)
    return [
      {
        rule: 'not-checked',
        severity: 'error',
        message: 'its features are limited, but its instructions were not read',
      },
    ]
  return []
}
