import { printable } from '../printable.ts'
import type { Inspection } from '../wasm/inspection.ts'
import { classOfCoreImport } from './catalog.ts'
import { requestedImports, type RequestedImport } from './classify.ts'
import type { GrantKey } from './class-rule.ts'
import { classRule, type CapabilityClass } from './classes.ts'
import type { Finding } from './finding.ts'
import { HostInterfaces, hostInterfacesFor } from './host-interfaces.ts'
import { describeImitation } from './imitation.ts'
import { sameInterface } from './interface-name.ts'
import { Ledger, unusedGrants } from './ledger.ts'
import type { CapabilitySpec } from './manifest.ts'
import { describeOrigin } from './origin.ts'
import type { GrantReport } from './verdict.ts'
import { flow } from './yaml-flow.ts'

/** What the binary asks of its host, against what it is granted; throws MODULE_MALFORMED for a WIT package. */
export function evaluateImports(
  inspection: Inspection,
  spec: CapabilitySpec,
): { readonly findings: Finding[]; readonly grants: GrantReport[] } {
  const requests = requestedImports(inspection)
  const ledger = new Ledger(spec)
  const hosts = new HostInterfaces(spec.hostInterfaces ?? [])
  const imported = new Set<string | undefined>(requests.map((request) => request.class))
  const findings = requests.flatMap((request) =>
    request.class === undefined
      ? judgeUnknown(request, hosts, ledger, spec)
      : judgeKnown(request, request.class, imported, ledger),
  )
  if (handlesRequests(inspection)) ledger.use('http.incoming', 'its own export', undefined)
  const grants = ledger.reports()
  return { findings: findings.concat(unusedGrants(grants, spec)), grants }
}

function judgeKnown(
  request: RequestedImport,
  name: CapabilityClass,
  imported: ReadonlySet<string | undefined>,
  ledger: Ledger,
): Finding[] {
  const rule = classRule(name)
  if (name === 'exit') ledger.use('exit', request.shown, undefined)
  if (rule.grants === undefined) return []
  const held = rule.grants.filter((key) => ledger.holds(key))
  for (const key of held) ledger.use(key, request.shown, rule.runtime)
  const alternative = rule.alternatives?.some(
    ({ grant, with: classes }) => ledger.holds(grant) && classes.some((other) => imported.has(other)),
  )
  if (held.length > 0 || alternative === true) return []
  return [
    {
      rule: 'not-granted',
      severity: 'error',
      message: `${request.shown} lets it ${rule.meaning}, which is not granted${whyNot(rule.grants, ledger)}`,
      import: request.shown,
      class: name,
      risk: rule.risk,
      ...(rule.example !== undefined && { grant: rule.example }),
      offset: request.offset,
    },
  ]
}

const whyNot = (grants: readonly GrantKey[], ledger: Ledger): string =>
  grants.includes('filesystem.rw') && ledger.holds('filesystem') ? ': every directory is read-only' : ''

function judgeUnknown(
  request: RequestedImport,
  hosts: HostInterfaces,
  ledger: Ledger,
  { onUnknownImport }: CapabilitySpec,
): Finding[] {
  const { match, entries } = hosts.answer(request)
  for (const index of entries) ledger.useHostInterface(index, request.shown)
  const imitation = match === 'granted' || match === 'none' ? describeImitation(request) : undefined
  if (imitation !== undefined) return [judgeImitation(request, imitation, match === 'granted')]
  if (match === 'granted') return []
  const rule = match === 'none' && isKnownByAnotherKind(request) ? 'wrong-kind' : match
  return [
    {
      rule: rule === 'none' ? 'unknown-import' : rule,
      severity: rule === 'none' && onUnknownImport === 'warn' ? 'warning' : 'error',
      message: `${request.shown}: ${rule === 'none' ? describeOrigin(request) : describeMismatch(rule, request)}`,
      import: request.shown,
      grant: `hostInterfaces: [${flow(hostInterfacesFor([request])[0])}]`,
      offset: request.offset,
    },
  ]
}

/** Whoever granted such a name may not have seen what it is. */
const judgeImitation = (request: RequestedImport, imitation: string, isGranted: boolean): Finding => ({
  rule: 'look-alike',
  severity: isGranted ? 'warning' : 'error',
  message: `${request.shown}: ${imitation}${isGranted ? ', and is granted' : ''}`,
  import: request.shown,
  offset: request.offset,
})

/** `wasi_snapshot_preview1.fd_write`, say, as a memory. */
const isKnownByAnotherKind = (request: RequestedImport): boolean =>
  request.from === 'core' && classOfCoreImport(request.core.module, request.core.name) !== undefined

function describeMismatch(match: 'wrong-kind' | 'wrong-type', request: RequestedImport): string {
  const kind = request.from === 'core' ? request.core.kind : request.kind
  return match === 'wrong-kind'
    ? `the name is known or granted, but not as a ${kind}`
    : `the name is granted with another type than ${request.from === 'core' ? printable(request.core.type) : kind}`
}

/** A component that serves requests says so by what it exports. */
const handlesRequests = (inspection: Inspection): boolean =>
  inspection.kind === 'component' &&
  inspection.exports.some(({ name, implements: target, versionSuffix }) =>
    ['wasi:http/incoming-handler@0.2', 'wasi:http/handler@0.3'].some((handler) =>
      sameInterface(target ?? `${name}${versionSuffix ?? ''}`, handler),
    ),
  )
