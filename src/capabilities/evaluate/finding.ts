import type { Risk } from '../catalog/class-rule.ts'
import type { CapabilityClass } from '../catalog/classes.ts'
import type { SourceLocation } from '../../documents/source-map.ts'

/**
 * What a finding can be about. `severity` is what it is unless a capability manifest or a policy says otherwise, `meaning`
 * completes "found that ...".
 */
export const RULES = {
  'not-granted': { severity: 'error', meaning: 'an import asks for a capability that is not granted' },
  'unknown-import': { severity: 'error', meaning: 'no rule and no grant knows an import' },
  'foreign-code': {
    severity: 'error',
    meaning: 'a component asks its host for code that is not in it: a module, a component, a dependency',
  },
  'look-alike': {
    severity: 'error',
    meaning: 'an import looks like a known one and is not, or hides a part of its name',
  },
  'wrong-kind': { severity: 'error', meaning: 'an import has a known name, but is of another kind' },
  'wrong-type': { severity: 'error', meaning: 'an import has a granted name, but another type' },
  'export-missing': { severity: 'error', meaning: 'an export is missing that is required' },
  'export-forbidden': { severity: 'error', meaning: 'there is an export that is forbidden' },
  'limit-exceeded': {
    severity: 'error',
    meaning: 'the module is larger, or asks for more, than a limit allows',
  },
  'no-maximum': {
    severity: 'error',
    meaning: 'a memory or a table declares no maximum where one is required',
  },
  'start-function': {
    severity: 'error',
    meaning: 'code runs when the module is instantiated, where that is not allowed',
  },
  'policy-denied': { severity: 'error', meaning: 'an import is of a class that a policy in force denies' },
  'above-ceiling': {
    severity: 'error',
    meaning: 'an import, or what a capability manifest grants, goes beyond a policy in force',
  },
  'manifest-required': {
    severity: 'error',
    meaning: 'a policy in force requires a capability manifest, and none was looked at',
  },
  incompatible: { severity: 'error', meaning: 'the module does not fit where it is meant to run' },
  'feature-not-allowed': {
    severity: 'error',
    meaning: 'the module needs a feature of WebAssembly that is not allowed',
  },
  'not-checked': { severity: 'error', meaning: 'something was to be checked that could not be looked at' },
  'unused-grant': { severity: 'warning', meaning: 'a capability is granted that no import needs' },
} as const satisfies Readonly<
  Record<string, { readonly severity: Finding['severity']; readonly meaning: string }>
>

export type Rule = keyof typeof RULES

/** One thing that was found when a module was judged. Errors deny; warnings do not. */
export interface Finding {
  readonly rule: Rule
  readonly severity: 'error' | 'warning'
  /** One sentence, safe on a terminal: what was found and why it matters. */
  readonly message: string
  /** `module.name` or `interface#function`, safe on a terminal. */
  readonly import?: string
  /** How many imports it is about, of which `import` is the first; one if absent. */
  readonly imports?: number
  readonly class?: CapabilityClass
  readonly risk?: Risk
  /** What to add to the capability manifest, as YAML below `spec.grants` or `spec`. */
  readonly grant?: string
  /** Where in the capability manifest that stands which decided: `spec.limits.size`. */
  readonly path?: string
  /** Where in the binary the import stands, in bytes. */
  readonly offset?: number
  /** Which of several capability manifests, counted from 0. */
  readonly manifest?: number
  /** The part of a policy that decided, or the nearest one around it. */
  readonly policy?: SourceLocation
}
