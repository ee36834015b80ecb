import type { Resource } from './resource.ts'

/** Which resources the resources of a type become where it is seen. The same one always becomes the same one. */
export abstract class Substitution {
  /** How many instances it leads through. */
  abstract readonly length: number
  readonly #sequences = new WeakMap<Substitution, Substitution>()

  abstract of(resource: Resource): Resource

  /** This one, and then another. The same two always make the same one. */
  followedBy(next: Substitution): Substitution {
    let sequence = this.#sequences.get(next)
    if (sequence === undefined) this.#sequences.set(next, (sequence = new Sequence(this, next)))
    return sequence
  }
}

/** Of one instance: `find` says what becomes of a resource that belongs to `binder`. Others stay. */
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
