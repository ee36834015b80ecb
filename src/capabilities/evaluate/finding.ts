import type { Risk } from '../catalog/class-rule.ts'
import type { CapabilityClass } from '../catalog/classes.ts'
import type { SourceLocation } from '../../documents/source-map.ts'

/**
 * The kinds of findings. `severity` is the default, which a capability manifest or policy may change; `meaning` is a clause
 * for people.
 */
export const RULES = {
  'not-granted': {
    severity: 'error',
    meaning: 'an import or a custom section needs a capability that is not granted',
  },
  'unknown-import': { severity: 'error', meaning: 'an import is neither in the catalogue nor granted' },
  'foreign-code': {
    severity: 'error',
    meaning: 'a component imports code: a module, a component or a dependency',
  },
  'look-alike': {
    severity: 'error',
    meaning: 'an import imitates a known name or has hidden characters in its name',
  },
  'wrong-kind': { severity: 'error', meaning: 'an import has a known name, but another kind' },
  'wrong-type': { severity: 'error', meaning: 'an import has a granted name, but another type' },
  'export-missing': { severity: 'error', meaning: 'a required export is missing' },
  'export-forbidden': { severity: 'error', meaning: 'a forbidden export is present' },
  'limit-exceeded': {
    severity: 'error',
    meaning: 'the module exceeds a limit',
  },
  'no-maximum': {
    severity: 'error',
    meaning: 'a memory or table declares no maximum where one is required',
  },
  'start-function': {
    severity: 'error',
    meaning: 'code runs at instantiation, which is not allowed',
  },
  'policy-denied': {
    severity: 'error',
    meaning: 'a policy denies the class of an import or of a custom section',
  },
  'above-ceiling': {
    severity: 'error',
    meaning: 'an import, a custom section or a grant exceeds the ceiling of a policy',
  },
  'manifest-required': {
    severity: 'error',
    meaning: 'a policy requires a capability manifest, and none was given',
  },
  growth: {
    severity: 'error',
    meaning: 'the module asks for more than a policy lets a new version ask for',
  },
  incompatible: { severity: 'error', meaning: 'the module does not fit its target' },
  'feature-not-allowed': {
    severity: 'error',
    meaning: 'the module needs a WebAssembly feature that is not allowed',
  },
  'not-checked': { severity: 'error', meaning: 'a required check could not be made' },
  'unused-grant': { severity: 'warning', meaning: 'a granted capability is needed by no import' },
} as const satisfies Readonly<
  Record<string, { readonly severity: Finding['severity']; readonly meaning: string }>
>

export type Rule = keyof typeof RULES

/** A result of checking a module. Errors deny; warnings do not. */
export interface Finding {
  readonly rule: Rule
  readonly severity: 'error' | 'warning'
  /** One sentence, safe on a terminal. */
  readonly message: string
  /** `module.name` or `interface#function`, safe on a terminal. */
  readonly import?: string
  /** The number of imports concerned, of which `import` is the first; one if absent. */
  readonly imports?: number
  readonly class?: CapabilityClass
  readonly risk?: Risk
  /** The grant to add to the capability manifest, as YAML below `spec.grants` or `spec`. */
  readonly grant?: string
  /** The path in the capability manifest that decided: `spec.limits.size`. */
  readonly path?: string
  /** The offset of the import or the content of the custom section in the binary, in bytes. */
  readonly offset?: number
  /** Which of several capability manifests, counted from 0. */
  readonly manifest?: number
  /** The position of the deciding part of a policy. */
  readonly policy?: SourceLocation
}
