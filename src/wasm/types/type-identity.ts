import type { Resource } from './resource.ts'
import type { Definition, Shape, Type, ValueType } from './shape.ts'
import type { Substitution } from './substitution.ts'

/** Types with an identity: value types, functions and resources. */
type Comparable = Exclude<Definition, Shape>

/**
 * Numbers types so that two types are equal exactly if their numbers are. The work is linear in the definitions and their
 * substitutions, since a fully expanded type can be exponentially large.
 */
export class TypeIdentities {
  readonly #spend: (steps: number) => void
  readonly #byKey = new Map<string, number>()
  readonly #labels = new Map<string, number>()
  readonly #labelsOf = new Map<Definition, number>()
  readonly #resources = new Map<Resource, number>()
  readonly #known = new Map<Definition, Map<Substitution | undefined, number>>()
  #next = 0

  /** `spend` is called with the number of steps and may throw. */
  constructor(spend: (steps: number) => void) {
    this.#spend = spend
  }

  of(type: ValueType | undefined, through: Substitution | undefined): number {
    if (type === undefined) return -1
    if (typeof type === 'string') return this.#named(type)
    const definition = type.definition as Comparable
    const view = joinSubstitutions(type, through)
    let views = this.#known.get(definition)
    if (views === undefined) this.#known.set(definition, (views = new Map()))
    let known = views.get(view)
    if (known === undefined) views.set(view, (known = this.#number(definition, view)))
    return known
  }

  #number(definition: Comparable, through: Substitution | undefined): number {
    if (definition.kind === 'resource') {
      const resource = through?.of(definition) ?? definition
      let known = this.#resources.get(resource)
      if (known === undefined) this.#resources.set(resource, (known = this.#next++))
      return known
    }
    const { kind, types } = definition
    if (kind === 'primitive') return this.#named(definition.labels[0]!)
    this.#spend(1 + types.length)
    const variety = kind === 'func' ? definition.isAsync : definition.length
    const parts = types.map((part) => this.of(part, through))
    return this.#named(JSON.stringify([kind, variety ?? null, this.#labelled(definition), parts]))
  }

  /** One number for the labels of a definition, cached because they may take megabytes. */
  #labelled(definition: Exclude<Comparable, Resource>): number {
    let known = this.#labelsOf.get(definition)
    if (known !== undefined) return known
    const { labels } = definition
    this.#spend(labels.length)
    const numbers = labels.map((label) => {
      let number = this.#labels.get(label)
      if (number === undefined) this.#labels.set(label, (number = this.#next++))
      return number
    })
    this.#labelsOf.set(definition, (known = this.#named(JSON.stringify(numbers))))
    return known
  }

  #named(key: string): number {
    let known = this.#byKey.get(key)
    if (known === undefined) this.#byKey.set(key, (known = this.#next++))
    return known
  }
}

/** The substitution of a type, followed by that of its context. */
export function joinSubstitutions(
  { definition, through }: Type,
  next: Substitution | undefined,
): Substitution | undefined {
  if (!definition.hasResources) return undefined
  return through === undefined || next === undefined ? (through ?? next) : through.followedBy(next)
}
