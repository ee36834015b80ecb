import type { Finding } from './finding.ts'
import type { SourceLocation } from '../../documents/source-map.ts'

/** What a module may do, and what it must be, under everything that it was judged by: a value, never thrown, with everything that was found. */
export interface Verdict {
  readonly allowed: boolean
  readonly findings: readonly Finding[]
  /** What was granted, in the order of the capability manifest. */
  readonly grants: readonly GrantReport[]
  /** What was limited and is kept, as far as the binary shows it. */
  readonly limits: readonly LimitReport[]
}

export interface GrantReport {
  /** `filesystem`, `stdio.stdout`, `hostInterfaces: {module: env, names: [abort]}`. */
  readonly grant: string
  /** Where it stands in the capability manifest: `spec.grants.stdio[0]`. */
  readonly path: string
  /** `proved`: the imports show its bounds. `runtime`: they do not, and the runtime has to keep them. `unused`: no import needs it. */
  readonly status: 'proved' | 'runtime' | 'unused'
  /** The imports that need it, the first 100 of them. */
  readonly imports: readonly string[]
  /** What the runtime has to keep. */
  readonly note?: string
  readonly manifest?: number
}

export interface LimitReport {
  /** `limits.memory.maxPages: 1024`, `features: {baseline: wasm-2.0}`. */
  readonly limit: string
  /** Where it stands in the capability manifest: `spec.limits.memory.maxPages`. */
  readonly path: string
  readonly status: 'proved' | 'runtime'
  /** What the runtime has to keep. */
  readonly note?: string
  readonly manifest?: number
  /** Which part of a policy sets it, if no capability manifest does. */
  readonly policy?: SourceLocation
}

/** One error denies. */
export const createVerdict = ({ findings, grants, limits }: Omit<Verdict, 'allowed'>): Verdict => ({
  allowed: findings.every(({ severity }) => severity !== 'error'),
  findings,
  grants,
  limits,
})

/** Least privilege: what else is a warning denies. */
export const treatWarningsAsErrors = (verdict: Verdict): Verdict =>
  createVerdict({
    ...verdict,
    findings: verdict.findings.map((finding) => Object.assign({}, finding, { severity: 'error' as const })),
  })
