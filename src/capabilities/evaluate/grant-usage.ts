import type { GrantKey } from '../catalog/class-rule.ts'
import type { Finding } from './finding.ts'
import { heldGrants } from '../catalog/grants.ts'
import type { CapabilitySpec, Grants } from '../manifest/manifest.ts'
import type { GrantReport } from './verdict.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

const LISTED_IMPORTS = 100

/** Which grants there are, and which imports made use of them. */
export class GrantUsage {
  readonly #held: ReadonlySet<GrantKey>
  readonly #spec: CapabilitySpec
  readonly #uses = new Map<string, { imports: string[]; notes: Set<string> }>()

  constructor(spec: CapabilitySpec) {
    this.#spec = spec
    this.#held = heldGrants(spec.grants)
  }

  has(key: GrantKey): boolean {
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
    const reports = keys.map((key) => this.#report(key, key, findGrantPath(key, this.#spec.grants)))
    for (const [index, entry] of (this.#spec.hostInterfaces ?? []).entries()) {
      const key = `hostInterfaces[${index}]`
      reports.push(this.#report(key, `hostInterfaces: ${toYamlFlow(entry)}`, `spec.${key}`))
    }
    return reports
  }

  /** These are grants of their own only when they are empty. */
  #isParent(key: GrantKey): boolean {
    const parent = key === 'sockets' || key === 'keyvalue' || key === 'blobstore'
    return parent && [...this.#held].some((other) => other.startsWith(`${key}.`))
  }

  #report(key: string, grant: string, path: string): GrantReport {
    const use = this.#uses.get(key)
    if (use === undefined) return { grant, path, status: 'unused', imports: [] }
    const { imports, notes } = use
    return notes.size === 0
      ? { grant, path, status: 'proved', imports }
      : { grant, path, status: 'runtime', imports, note: [...notes].join('; ') }
  }
}

/** Where a grant stands: a field, or a word in a list. */
function findGrantPath(key: GrantKey, grants: Grants): string {
  const [field, ...rest] = key.split('.') as [keyof Grants, ...string[]]
  const path = `spec.grants.${field}`
  if (rest.length === 0) return path
  const word = rest.join('.')
  const value = grants[field] as readonly string[] | { readonly access?: readonly string[] }
  if (Array.isArray(value)) return `${path}[${value.indexOf(word)}]`
  return 'access' in value ? `${path}.access[${value.access!.indexOf(word)}]` : `${path}.${word}`
}

/** The grants that no import needs, as far as the capability manifest wants to hear of them. */
export function unusedGrants(
  reports: readonly GrantReport[],
  { onUnused = 'warn' }: CapabilitySpec,
): Finding[] {
  if (onUnused === 'ignore') return []
  return reports
    .filter(({ status }) => status === 'unused')
    .map(({ grant, path }) => ({
      rule: 'unused-grant',
      severity: onUnused === 'error' ? 'error' : 'warning',
      message: `${grant} is granted, but no import needs it`,
      path,
    }))
}
