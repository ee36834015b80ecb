import type { GrantKey } from '../manifest/grant-table.ts'
import type { Finding } from './finding.ts'
import { heldGrants } from '../manifest/held-grants.ts'
import type { CapabilitySpec } from '../manifest/manifest.ts'
import type { GrantReport } from './verdict.ts'
import { formatHostInterface } from './host-interfaces.ts'

const LISTED_IMPORTS = 100

/** The grants of a capability manifest, and the imports that need them. */
export class GrantUsage {
  /** Each grant with its path below `spec.grants`. */
  readonly #held: ReadonlyMap<GrantKey, string>
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

  useHostInterface(index: number, shown: string, note: string | undefined): void {
    this.#use(`hostInterfaces[${index}]`, shown, note)
  }

  #use(grant: string, shown: string, note: string | undefined): void {
    const use = this.#uses.get(grant) ?? { imports: [], notes: new Set() }
    if (use.imports.length < LISTED_IMPORTS) use.imports.push(shown)
    if (note !== undefined) use.notes.add(note)
    this.#uses.set(grant, use)
  }

  /** One for each grant, in the order of the capability manifest; a group only if it is empty. */
  reports(): GrantReport[] {
    const grants = [...this.#held].filter(([key]) => key !== 'filesystem.rw')
    const reports = grants
      .filter(([key]) => !grants.some(([other]) => other.startsWith(`${key}.`)))
      .map(([key, path]) => this.#report(key, key, `spec.grants.${path}`))
    for (const [index, entry] of (this.#spec.hostInterfaces ?? []).entries()) {
      const key = `hostInterfaces[${index}]`
      reports.push(this.#report(key, `hostInterfaces: ${formatHostInterface(entry)}`, `spec.${key}`))
    }
    return reports
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

/** A finding for each unused grant, with the severity of `onUnused`. */
export function findUnusedGrants(
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
