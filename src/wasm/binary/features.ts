/**
 * Features beyond the first version of WebAssembly that a binary may need: proposals, named as
 * `wasm-tools validate --features` names them. `bulk-memory-opt` is memory.copy and memory.fill alone,
 * `call-indirect-overlong` a table index in call_indirect that takes more than one byte.
 */
export const FEATURES = [
  'acquire-release-atomics',
  'bulk-memory',
  'bulk-memory-opt',
  'call-indirect-overlong',
  'cm-accessors',
  'cm-async',
  'cm-async-stackful',
  'cm-canon-names',
  'cm-error-context',
  'cm-fixed-length-lists',
  'cm-forward',
  'cm-gc',
  'cm-implements',
  'cm-map',
  'cm-more-async-builtins',
  'cm-nested-names',
  'cm-threading',
  'cm-values',
  'cm64',
  'compact-imports',
  'custom-descriptors',
  'custom-page-sizes',
  'exceptions',
  'extended-const',
  'function-references',
  'gc',
  'legacy-exceptions',
  'memory-control',
  'memory64',
  'multi-memory',
  'multi-value',
  'multibyte-array-access',
  'mutable-global',
  'reference-types',
  'relaxed-simd',
  'saturating-float-to-int',
  'shared-everything-threads',
  'sign-extension',
  'simd',
  'stack-switching',
  'tail-call',
  'threads',
  'wide-arithmetic',
] as const

export type Feature = (typeof FEATURES)[number]

/** Features that include another one. */
const PARTS: ReadonlyMap<Feature, Feature> = new Map([
  ['bulk-memory', 'bulk-memory-opt'],
  ['reference-types', 'call-indirect-overlong'],
])

const WASM1: readonly Feature[] = ['mutable-global']
const WASM2: readonly Feature[] = [
  ...WASM1,
  'bulk-memory',
  'multi-value',
  'reference-types',
  'saturating-float-to-int',
  'sign-extension',
  'simd',
]
const WASM3: readonly Feature[] = [
  ...WASM2,
  'exceptions',
  'extended-const',
  'function-references',
  'gc',
  'memory64',
  'multi-memory',
  'relaxed-simd',
  'tail-call',
]
const LIME1: readonly Feature[] = [
  ...WASM1,
  'bulk-memory-opt',
  'call-indirect-overlong',
  'extended-const',
  'multi-value',
  'saturating-float-to-int',
  'sign-extension',
]

/**
 * Features of each version of the specification. Threads are in none of them: wasm-tools counts them as 3.0, the
 * specification does not. https://github.com/WebAssembly/tool-conventions/blob/main/Lime.md
 */
export const BASELINES = {
  'wasm-1.0': WASM1,
  'wasm-2.0': WASM2,
  'wasm-3.0': WASM3,
  lime1: LIME1,
} as const satisfies Readonly<Record<string, readonly Feature[]>>

export type Baseline = keyof typeof BASELINES

/** The needed features that neither the baseline nor `allowed` covers, in their order. */
export function findUncovered<Needed extends string>(
  needed: Iterable<Needed>,
  baseline: Baseline,
  allowed: Iterable<string> = [],
): Needed[] {
  const covered = new Set<string>([...BASELINES[baseline], ...allowed])
  for (const [feature, part] of PARTS) if (covered.has(feature)) covered.add(part)
  return [...needed].filter((feature) => !covered.has(feature))
}

/** Collects the features that a binary needs while it is read, each with the offset of its first use. */
export class FeatureUse {
  readonly #first = new Map<Feature, number>()
  #typeIndex: number | undefined

  need(feature: Feature, offset: number): void {
    if (!this.#first.has(feature)) this.#first.set(feature, offset)
  }

  /** A reference to a type by its index, which both gc and function-references allow. */
  needTypeIndex(offset: number): void {
    this.#typeIndex ??= offset
  }

  /** Merges the features of another. */
  absorb(other: FeatureUse): void {
    for (const [feature, offset] of other.#first)
      this.#first.set(feature, Math.min(offset, this.#first.get(feature) ?? Infinity))
    if (other.#typeIndex !== undefined)
      this.#typeIndex = Math.min(other.#typeIndex, this.#typeIndex ?? Infinity)
  }

  /** Sorted by name, each with its offset; without features that another one includes. */
  list(): ReadonlyMap<Feature, number> {
    const needed = new Map(this.#first)
    if (this.#typeIndex !== undefined && !needed.has('gc'))
      needed.set(
        'function-references',
        Math.min(this.#typeIndex, needed.get('function-references') ?? Infinity),
      )
    for (const [feature, part] of PARTS) if (needed.has(feature)) needed.delete(part)
    return new Map([...needed].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}
