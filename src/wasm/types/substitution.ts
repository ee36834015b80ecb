import type { Resource } from './resource.ts'

/** A mapping of resources to the resources that replace them; deterministic for each resource. */
export abstract class Substitution {
  /** How many instances the mapping passes through. */
  abstract readonly length: number
  readonly #sequences = new WeakMap<Substitution, Substitution>()

  abstract of(resource: Resource): Resource

  /** This mapping followed by another; cached, so equal sequences are identical. */
  followedBy(next: Substitution): Substitution {
    let sequence = this.#sequences.get(next)
    if (sequence === undefined) this.#sequences.set(next, (sequence = new Sequence(this, next)))
    return sequence
  }
}

/** The mapping of one instance: `find` replaces resources that belong to `binder`; others stay. */
export class Instantiation extends Substitution {
  readonly length = 1
  readonly #binder: object
  readonly #find: (resource: Resource) => Resource
  readonly #found = new Map<Resource, Resource>()

  constructor(binder: object, find: (resource: Resource) => Resource) {
    super()
    this.#binder = binder
    this.#find = find
  }

  of(resource: Resource): Resource {
    if (resource.owner !== this.#binder) return resource
    let found = this.#found.get(resource)
    if (found === undefined) this.#found.set(resource, (found = this.#find(resource)))
    return found
  }
}

class Sequence extends Substitution {
  readonly length: number
  readonly #first: Substitution
  readonly #second: Substitution

  constructor(first: Substitution, second: Substitution) {
    super()
    this.length = first.length + second.length
    this.#first = first
    this.#second = second
  }

  of(resource: Resource): Resource {
    return this.#second.of(this.#first.of(resource))
  }
}
