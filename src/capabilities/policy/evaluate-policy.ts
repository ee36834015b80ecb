import { printable, quoted } from '../../printable.ts'
import { type CapabilityRequest, listCapabilityRequests, listRequestedImports } from '../catalog/classify.ts'
import { getClassRule } from '../catalog/classes.ts'
import { findExcessConstraints } from './ceiling-constraints.ts'
import { createCeilingCheck, type Exceedance } from './ceiling-grants.ts'
import { HostInterfaceSet } from './ceiling-host-interfaces.ts'
import { expandDenyEntries } from '../catalog/denied-classes.ts'
import { evaluateExports } from '../evaluate/evaluate-exports.ts'
import { evaluateFeatures } from '../evaluate/evaluate-features.ts'
import { evaluateLimits } from '../evaluate/evaluate-limits.ts'
import type { Finding } from '../evaluate/finding.ts'
import { allowsClass } from '../catalog/class-rule.ts'
import { heldGrants } from '../manifest/held-grants.ts'
import { createHostInterfaces, formatHostInterface } from '../evaluate/host-interfaces.ts'
import type { CapabilityManifest, HostInterface } from '../manifest/manifest.ts'
import type { Grants } from '../manifest/grant-table.ts'
import type { LocatedPolicy } from './policy.ts'
import type { ModuleRequirement } from '../evaluate/module-requirement.ts'
import { listFirst } from '../../listing.ts'

/**
 * Judges a module by one policy: its imports by `deny` and by the ceiling, its capability manifests by the ceiling, the binary by
 * the constraints. Judging throws MODULE_MALFORMED for a WIT package.
 */
export function createPolicyRequirement(policy: LocatedPolicy): ModuleRequirement {
  const { spec } = policy.policy
  const { ceiling, hostInterfaces = ceiling && [] } = spec
  const judges = [
    spec.requireManifest && judgeRequiredManifest(policy),
    spec.deny && judgeDeniedClasses(policy, spec.deny),
    ceiling && judgeGrants(policy, ceiling),
    hostInterfaces && judgeHostInterfaces(policy, hostInterfaces),
    judgeConstraints(policy),
  ].filter((judge) => judge !== undefined)
  return {
    needsInstructions: spec.features !== undefined,
    judge: (evidence, manifests) => judges.flatMap((judge) => judge(evidence, manifests)),
    limits: (evidence) =>
      [
        ...(spec.limits ? evaluateLimits(evidence.inspection, spec.limits).reports : []),
        ...(spec.features ? evaluateFeatures(evidence, spec.features).reports : []),
      ].map((report) => Object.assign({}, report, { policy: policy.locate(report.path) })),
  }
}

type Judge = ModuleRequirement['judge']

/** An error with the position of the part of the policy that decided; `explain` writes the message from a description of that part. */
export function createFinding(
  policy: LocatedPolicy,
  path: string,
  finding: Omit<Finding, 'severity' | 'message' | 'policy'>,
  explain: (part: string) => string,
): Finding {
  const place = policy.locate(path)
  const message = explain(`${printable(place.at)} ${place.path}`)
  return { ...finding, severity: 'error', message, policy: place }
}

const judgeRequiredManifest =
  (policy: LocatedPolicy): Judge =>
  (_, manifests) =>
    manifests.length > 0
      ? []
      : [
          createFinding(
            policy,
            'spec.requireManifest',
            { rule: 'manifest-required' },
            (part) => `no capability manifest was checked, and ${part} requires one`,
          ),
        ]

const requestFields = ({
  from,
  shown,
  class: name,
  offset,
}: CapabilityRequest): Omit<Finding, 'rule' | 'severity' | 'message'> => ({
  ...(from !== 'section' && { import: shown }),
  ...(name !== undefined && { class: name, risk: getClassRule(name).risk }),
  offset,
})

const describeRequest = ({ shown, class: name }: CapabilityRequest): string =>
  name === undefined
    ? `${shown} is not in the catalogue`
    : `${shown} lets the module ${getClassRule(name).meaning}`

function judgeDeniedClasses(policy: LocatedPolicy, deny: readonly string[]): Judge {
  const denied = expandDenyEntries(deny)
  return ({ inspection }) =>
    listCapabilityRequests(inspection).flatMap((request) => {
      const index = denied.get(request.class ?? 'unknown')
      if (index === undefined) return []
      return createFinding(
        policy,
        `spec.deny[${index}]`,
        { rule: 'policy-denied', ...requestFields(request) },
        (part) => `${describeRequest(request)}, which ${part} denies as ${quoted(deny[index]!)}`,
      )
    })
}

function judgeGrants(policy: LocatedPolicy, ceiling: Grants): Judge {
  const held = heldGrants(ceiling)
  // In a capability manifest an empty list allows writing imports; an empty ceiling must not allow more than a read-only one.
  if (ceiling.filesystem?.length === 0) held.delete('filesystem.rw')
  const findExcess = createCeilingCheck(ceiling)
  return ({ inspection }, manifests) => {
    const requests = listCapabilityRequests(inspection)
    const imported = new Set<string | undefined>(requests.map((request) => request.class))
    const imports = requests.flatMap((request) => {
      if (request.class === undefined) return []
      const rule = getClassRule(request.class)
      if (allowsClass(held, rule, imported)) return []
      return createFinding(
        policy,
        `spec.ceiling.${rule.grants![0]}`,
        { rule: 'above-ceiling', ...requestFields(request) },
        (part) => `${describeRequest(request)}, which ${part} does not allow`,
      )
    })
    return [
      ...imports,
      ...judgeManifests(manifests, ({ spec }) =>
        findExcess(spec.grants).map((excess) =>
          reportExceedance(policy, excess, 'spec.grants', 'spec.ceiling'),
        ),
      ),
    ]
  }
}

function judgeHostInterfaces(policy: LocatedPolicy, entries: readonly HostInterface[]): Judge {
  const set = new HostInterfaceSet(entries)
  return ({ inspection }, manifests) => [
    ...listRequestedImports(inspection).flatMap((request) => {
      if (
        request.class !== undefined ||
        createHostInterfaces([request]).every((entry) => set.contains(entry))
      )
        return []
      return createFinding(
        policy,
        'spec.hostInterfaces',
        { rule: 'above-ceiling', ...requestFields(request) },
        (part) => `${describeRequest(request)}, and ${part} does not allow it by its name`,
      )
    }),
    ...judgeManifests(manifests, ({ spec: { hostInterfaces = [] } }) =>
      hostInterfaces.flatMap((entry, index) => {
        if (set.contains(entry)) return []
        const path = `spec.hostInterfaces[${index}]`
        return createFinding(
          policy,
          'spec.hostInterfaces',
          { rule: 'above-ceiling', path },
          (part) => `${path} is ${formatHostInterface(entry)}, which ${part} does not allow`,
        )
      }),
    ),
  ]
}

/** The findings on each capability manifest; if there are several, each finding names its own. */
const judgeManifests = (
  manifests: readonly CapabilityManifest[],
  judge: (manifest: CapabilityManifest) => readonly Finding[],
): Finding[] =>
  manifests.flatMap((manifest, index) =>
    judge(manifest).map((finding) =>
      manifests.length === 1
        ? finding
        : Object.assign({}, finding, {
            message: `${finding.message} (${describeManifest(manifests, index)})`,
            manifest: index,
          }),
    ),
  )

const describeManifest = (manifests: readonly CapabilityManifest[], index: number): string =>
  `capability manifest ${index + 1} of ${manifests.length}, ${quoted(manifests[index]!.metadata.name)}`

const SHOWN = 5

/** The finding for a part of a capability manifest that exceeds the policy. */
function reportExceedance(
  policy: LocatedPolicy,
  { path, ceilingPath, found, allowed }: Exceedance,
  below: string,
  ceilingBelow: string,
): Finding {
  const own = `${below}.${path}`
  return createFinding(
    policy,
    `${ceilingBelow}.${ceilingPath}`,
    { rule: 'above-ceiling', path: own },
    (part) =>
      allowed === undefined
        ? `${own} is granted, which ${part} does not allow`
        : `${own} is ${found}, and ${part} allows ${listAllowed(allowed)}`,
  )
}

function listAllowed(allowed: readonly string[]): string {
  if (allowed.length === 0) return 'none'
  return `only ${listFirst(allowed, SHOWN)}`
}

function judgeConstraints(policy: LocatedPolicy): Judge {
  const { exports, limits, features } = policy.policy.spec
  return (evidence, manifests) => [
    ...[
      ...(exports ? evaluateExports(evidence.inspection, exports) : []),
      ...(limits ? evaluateLimits(evidence.inspection, limits).findings : []),
      ...(features ? evaluateFeatures(evidence, features).findings : []),
    ].map(({ rule, path = 'spec', message, offset }) =>
      createFinding(
        policy,
        path,
        { rule, ...(offset !== undefined && { offset }) },
        (part) => `${message} (${part})`,
      ),
    ),
    ...judgeManifests(manifests, ({ spec }) =>
      findExcessConstraints(spec, policy.policy.spec).map((excess) =>
        reportExceedance(policy, excess, 'spec', 'spec'),
      ),
    ),
  ]
}
