import type { Finding } from './finding.ts'
import type { SourceLocation } from '../../documents/source-map.ts'

/** The result of evaluating a module, with all findings: a value, never thrown. */
export interface Verdict {
  readonly allowed: boolean
  readonly findings: readonly Finding[]
  /** The grants, in the order of the capability manifest. */
  readonly grants: readonly GrantReport[]
  /** The limits that are met, as far as the binary shows. */
  readonly limits: readonly LimitReport[]
}

export interface GrantReport {
  /** `filesystem`, `stdio.stdout`, `hostInterfaces: {module: env, names: [abort]}`. */
  readonly grant: string
  /** Its path in the capability manifest: `spec.grants.stdio[0]`. */
  readonly path: string
  /** `proved` by the imports, enforced by the `runtime`, or `unused` by every import. */
  readonly status: 'proved' | 'runtime' | 'unused'
  /** The imports that need it, the first 100 of them. */
  readonly imports: readonly string[]
  /** The bounds that the runtime has to enforce. */
  readonly note?: string
  readonly manifest?: number
}

export interface LimitReport {
  /** `limits.memory.maxPages: 1024`, `features: {baseline: wasm-2.0}`. */
  readonly limit: string
  /** Its path in the capability manifest: `spec.limits.memory.maxPages`. */
  readonly path: string
  readonly status: 'proved' | 'runtime'
  /** The bounds that the runtime has to enforce. */
  readonly note?: string
  readonly manifest?: number
  /** The position in the policy that sets it, if it is not from a capability manifest. */
  readonly policy?: SourceLocation
}

/** A single error denies. */
export const createVerdict = ({ findings, grants, limits }: Omit<Verdict, 'allowed'>): Verdict => ({
  allowed: findings.every(({ severity }) => severity !== 'error'),
  findings,
  grants,
  limits,
})

/** For `--strict`: warnings deny too. */
export const treatWarningsAsErrors = (verdict: Verdict): Verdict =>
  createVerdict({
    ...verdict,
    findings: verdict.findings.map((finding) => Object.assign({}, finding, { severity: 'error' as const })),
  })
