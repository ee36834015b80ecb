import type { Inspection } from '../../wasm/types/inspection.ts'
import { type CapabilityRequest, listCapabilityRequests } from '../catalog/classify.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import { getClassRule, type CapabilityClass } from '../catalog/classes.ts'
import type { Finding } from './finding.ts'
import { allowsClass } from '../catalog/class-rule.ts'
import { isSameInterface, joinVersionSuffix } from '../catalog/interface-name.ts'
import { GrantUsage, findUnusedGrants } from './grant-usage.ts'
import type { CapabilitySpec } from '../manifest/manifest.ts'
import { UnknownImports } from './unknown-imports.ts'
import type { GrantReport } from './verdict.ts'

/** Evaluates imports, and custom sections that hosts run, against grants; throws MODULE_MALFORMED for a WIT package. */
export function evaluateImports(
  inspection: Inspection,
  spec: CapabilitySpec,
): { readonly findings: Finding[]; readonly grants: GrantReport[] } {
  const requests = listCapabilityRequests(inspection)
  const usage = new GrantUsage(spec)
  const imported = new Set<string | undefined>(requests.map((request) => request.class))
  const unknown = new UnknownImports(spec, usage)
  const findings = requests.flatMap((request) =>
    request.class === undefined
      ? unknown.judge(request)
      : judgeKnown(request, request.class, imported, usage),
  )
  findings.push(...unknown.judgeCollected())
  if (handlesRequests(inspection)) usage.use('http.incoming', 'its own export', undefined)
  const grants = usage.reports()
  return { findings: findings.concat(findUnusedGrants(grants, spec)), grants }
}

function judgeKnown(
  request: CapabilityRequest,
  name: CapabilityClass,
  imported: ReadonlySet<string | undefined>,
  usage: GrantUsage,
): Finding[] {
  const rule = getClassRule(name)
  if (name === 'exit') usage.use('exit', request.shown, undefined)
  if (rule.grants === undefined) return []
  for (const key of rule.grants) if (usage.has(key)) usage.use(key, request.shown, rule.runtime)
  if (allowsClass(usage, rule, imported)) return []
  return [
    {
      rule: 'not-granted',
      severity: 'error',
      message: `${request.shown} lets the module ${rule.meaning}, which is not granted${explainDenial(rule.grants, usage)}`,
      ...(request.from !== 'section' && { import: request.shown }),
      class: name,
      risk: rule.risk,
      ...(rule.example !== undefined && { grant: rule.example }),
      offset: request.offset,
    },
  ]
}

const explainDenial = (grants: readonly GrantKey[], usage: GrantUsage): string =>
  grants.includes('filesystem.rw') && usage.has('filesystem') ? ': every directory is read-only' : ''

/** Whether a component exports an HTTP handler. */
const handlesRequests = (inspection: Inspection): boolean =>
  inspection.kind === 'component' &&
  inspection.exports
    .map(joinVersionSuffix)
    .some(({ name, implements: target }) =>
      ['wasi:http/incoming-handler@0.2', 'wasi:http/handler@0.3'].some((handler) =>
        isSameInterface(target ?? name, handler),
      ),
    )
