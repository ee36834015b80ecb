import { getClassRule } from '../catalog/classes.ts'
import { type CapabilitySet, findGrowth, toManifestPath } from '../diff/find-growth.ts'
import type { Finding } from '../evaluate/finding.ts'
import type { ModuleRequirement } from '../evaluate/module-requirement.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'
import { createFinding } from '../policy/evaluate-policy.ts'
import type { LocatedPolicy } from '../policy/policy.ts'

/** What a module must not go beyond: a version before it, or an approval. */
export interface GrowthBase {
  /** `version 1.0.0 (sha256:...)`, `the approval sha256:...` */
  readonly name: string
  readonly capabilities: CapabilitySet
}

/** A module may have no more than each of the bases; `own` is its embedded capability manifest. Judging throws MODULE_MALFORMED for a WIT package. */
export const createGrowthRequirement = (
  policy: LocatedPolicy,
  bases: readonly GrowthBase[],
  own: CapabilityManifest | undefined,
): ModuleRequirement => ({
  needsInstructions: false,
  judge: ({ inspection }) =>
    bases.flatMap(({ name, capabilities }) => {
      const growth = findGrowth(capabilities, { inspection, capabilities: own })
      const report = (added: string, more: Partial<Finding> = {}): Finding =>
        createFinding(
          policy,
          'spec.growth',
          { rule: 'growth', ...more },
          (part) => `${added}, which is not part of ${name}, and ${part} is ${policy.policy.spec.growth}`,
        )
      return [
        ...growth.classes.map((found) => {
          const { meaning, risk } = getClassRule(found)
          return report(`${found} lets the module ${meaning}`, { class: found, risk })
        }),
        ...growth.imports.map((found) => report(`${found} is not in the catalogue`, { import: found })),
        ...growth.grants.map((found) => report(`${toManifestPath(found)} is granted or has more items`)),
      ]
    }),
})

/** Refuses every module, for a reason that is known before it is read: a clause. */
export const createGrowthRefusal = (policy: LocatedPolicy, reason: string): ModuleRequirement => ({
  needsInstructions: false,
  judge: () => [
    createFinding(
      policy,
      'spec.growth',
      { rule: 'growth' },
      (part) => `${reason}, and ${part} is ${policy.policy.spec.growth}`,
    ),
  ],
})
