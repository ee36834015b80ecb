import { printable, quoted } from '../printable.ts'
import type { Inspection } from '../wasm/inspection.ts'
import { classOfCoreImport } from './catalog.ts'
import { requestedImports, type RequestedImport } from './classify.ts'
import { classRule, type CapabilityClass, type GrantKey } from './classes.ts'
import type { Finding } from './finding.ts'
import { heldGrants } from './grants.ts'
import { HostInterfaces, hostInterfacesFor } from './host-interfaces.ts'
import { sameInterface } from './interface-name.ts'
import type { CapabilityManifest } from './manifest.ts'
import { describeOrigin } from './origin.ts'
import { flow } from './yaml-flow.ts'

/** What a module may do under capability manifests: a value, never thrown, with everything that was found. */
export interface Verdict {
  readonly allowed: boolean
  readonly findings: readonly Finding[]
  /** What was granted, in the order of the capability manifest. */
  readonly grants: readonly GrantReport[]
}

export interface GrantReport {
  /** `filesystem`, `stdio.stdout`, `hostInterfaces: {module: env, names: [abort]}`. */
  readonly grant: string
  /** `proved`: the imports show its bounds. `runtime`: they do not, and the runtime has to keep them. `unused`: no import needs it. */
  readonly status: 'proved' | 'runtime' | 'unused'
  /** The imports that need it, the first 100 of them. */
  readonly imports: readonly string[]
  /** What the runtime has to keep. */
  readonly note?: string
  readonly manifest?: number
}

/** Judges what a binary asks of its host against what it is granted; throws MODULE_MALFORMED for a WIT package alone. */
export function evaluate(inspection: Inspection, manifest: CapabilityManifest): Verdict {
  const requests = requestedImports(inspection)
  const ledger = new Ledger(manifest)
  const hosts = new HostInterfaces(manifest.spec.hostInterfaces ?? [])
  const imported = new Set<string | undefined>(requests.map((request) => request.class))
  const findings = requests.flatMap((request) =>
    request.class === undefined
      ? judgeUnknown(request, hosts, ledger)
      : judgeKnown(request, request.class, imported, ledger),
  )
  if (handlesRequests(inspection)) ledger.use('http.incoming', 'its own export', undefined)
  const grants = ledger.reports()
  for (const report of grants) if (report.status === 'unused') findings.push(unused(report))
  return { allowed: findings.every(({ severity }) => severity !== 'error'), findings, grants }
}

/** Allowed only if each of the capability manifests, of which there must be one at least, allows it alone. */
export function evaluateAll(inspection: Inspection, manifests: readonly CapabilityManifest[]): Verdict {
  if (manifests.length === 0) throw new Error('a verdict needs a capability manifest')
  const verdicts = manifests.map((manifest) => evaluate(inspection, manifest))
  const name = (index: number): string =>
    `capability manifest ${index + 1} of ${manifests.length}, ${quoted(manifests[index]!.metadata.name)}`
  return {
    allowed: verdicts.every(({ allowed }) => allowed),
    findings: verdicts.flatMap(({ findings }, manifest) =>
      findings.map((finding) =>
        Object.assign({}, finding, { message: `${finding.message} (${name(manifest)})`, manifest }),
      ),
    ),
    grants: verdicts.flatMap(({ grants }, manifest) =>
      grants.map((report) => Object.assign({}, report, { manifest })),
    ),
  }
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

function judgeUnknown(request: RequestedImport, hosts: HostInterfaces, ledger: Ledger): Finding[] {
  const { match, entries } = hosts.answer(request)
  for (const index of entries) ledger.useHostInterface(index, request.shown)
  if (match === 'granted') return []
  const rule = match === 'none' && isKnownByAnotherKind(request) ? 'wrong-kind' : match
  return [
    {
      rule: rule === 'none' ? 'unknown-import' : rule,
      severity: 'error',
      message: `${request.shown}: ${rule === 'none' ? describeOrigin(request) : describeMismatch(rule, request)}`,
      import: request.shown,
      grant: `hostInterfaces: [${flow(hostInterfacesFor([request])[0])}]`,
      offset: request.offset,
    },
  ]
}

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

const unused = ({ grant }: GrantReport): Finding => ({
  rule: 'unused-grant',
  severity: 'warning',
  message: `${grant} is granted, but no import needs it`,
})

const LISTED_IMPORTS = 100

/** Which grants there are, and which imports made use of them. */
class Ledger {
  readonly #held: ReadonlySet<GrantKey>
  readonly #manifest: CapabilityManifest
  readonly #uses = new Map<string, { imports: string[]; notes: Set<string> }>()

  constructor(manifest: CapabilityManifest) {
    this.#manifest = manifest
    this.#held = heldGrants(manifest.spec.grants)
  }

  holds(key: GrantKey): boolean {
    return this.#held.has(key)
  }

  use(key: GrantKey, shown: string, note: string | undefined): void {
    this.#use(key === 'filesystem.rw' ? 'filesystem' : key, shown, note)
  }

  useHostInterface(index: number, shown: string): void {
    this.#use(`hostInterfaces[${index}]`, shown, 'what it does is up to the host')
  }

  #use(grant: string, shown: string, note: string | undefined): void {
    const use = this.#uses.get(grant) ?? { imports: [], notes: new Set() }
    if (use.imports.length < LISTED_IMPORTS) use.imports.push(shown)
    if (note !== undefined) use.notes.add(note)
    this.#uses.set(grant, use)
  }

  reports(): GrantReport[] {
    const keys = [...this.#held].filter((key) => key !== 'filesystem.rw' && !this.#isParent(key))
    const reports = keys.map((key) => this.#report(key, key))
    for (const [index, entry] of (this.#manifest.spec.hostInterfaces ?? []).entries())
      reports.push(this.#report(`hostInterfaces[${index}]`, `hostInterfaces: ${flow(entry)}`))
    return reports
  }

  /** `sockets` is a grant of its own only when it is empty. */
  #isParent(key: GrantKey): boolean {
    return key === 'sockets' && [...this.#held].some((other) => other.startsWith('sockets.'))
  }

  #report(key: string, grant: string): GrantReport {
    const use = this.#uses.get(key)
    if (use === undefined) return { grant, status: 'unused', imports: [] }
    const note = [...use.notes].join('; ')
    return note === ''
      ? { grant, status: 'proved', imports: use.imports }
      : { grant, status: 'runtime', imports: use.imports, note }
  }
}
