import { quoted } from '../../printable.ts'
import { evaluateExports } from './evaluate-exports.ts'
import { evaluateFeatures } from './evaluate-features.ts'
import { evaluateImports } from './evaluate-imports.ts'
import { evaluateLimits } from './evaluate-limits.ts'
import type { Evidence } from './evidence.ts'
import type { CapabilityManifest } from '../manifest/manifest.ts'
import { type Verdict, createVerdict } from './verdict.ts'

/**
 * Evaluates a binary against one capability manifest: imports against grants, then exports, limits and features.
 * Throws MODULE_MALFORMED only for a WIT package. Its target is checked by a {@link ModuleRequirement}.
 */
export function evaluate(evidence: Evidence, { spec }: CapabilityManifest): Verdict {
  const { inspection } = evidence
  const imports = evaluateImports(inspection, spec)
  const limits = evaluateLimits(inspection, spec.limits ?? {})
  const features = spec.features && evaluateFeatures(evidence, spec.features)
  return createVerdict({
    findings: [
      ...imports.findings,
      ...evaluateExports(inspection, spec.exports ?? {}),
      ...limits.findings,
      ...(features?.findings ?? []),
    ],
    grants: imports.grants,
    limits: [...limits.reports, ...(features?.reports ?? [])],
  })
}

/** Allowed only if every one of the capability manifests, of which there is at least one, allows it. */
export function evaluateAll(evidence: Evidence, manifests: readonly CapabilityManifest[]): Verdict {
  if (manifests.length === 0) throw new Error('a verdict needs a capability manifest')
  const verdicts = manifests.map((manifest) => evaluate(evidence, manifest))
  if (verdicts.length === 1) return verdicts[0]!
  const name = (index: number): string =>
    `capability manifest ${index + 1} of ${manifests.length}, ${quoted(manifests[index]!.metadata.name)}`
  return createVerdict({
    findings: verdicts.flatMap(({ findings }, manifest) =>
      findings.map((finding) =>
        Object.assign({}, finding, { message: `${finding.message} (${name(manifest)})`, manifest }),
      ),
    ),
    grants: verdicts.flatMap(({ grants }, manifest) =>
      grants.map((report) => Object.assign({}, report, { manifest })),
    ),
    limits: verdicts.flatMap(({ limits }, manifest) =>
      limits.map((report) => Object.assign({}, report, { manifest })),
    ),
  })
}
