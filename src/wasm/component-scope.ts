import { uniquenessKey } from './extern-name.ts'
import type { LocatedName } from './component-names.ts'
import { malformed, quoted } from './malformed.ts'

/** A type, as far as it matters here: what an instance or a component has to offer by name. Others are told apart only. */
export type DefinedType = { readonly kind: 'func' | 'value' | 'resource' } | Shape

export interface Shape {
  readonly kind: 'instance' | 'component'
  readonly exports: ReadonlyMap<string, Entity>
}

/** Something that can be imported, exported or aliased. */
export type Entity =
  | { readonly kind: 'func' | 'value' | 'module' }
  | { readonly kind: 'type'; readonly type: DefinedType }
  | { readonly kind: 'instance' | 'component'; readonly type: Shape }

/**
 * The index spaces of a component, a component type or an instance type, as they grow while its definitions are read.
 * Types are referred to and never copied, however often they are aliased.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#index-spaces
 */
export class Scope {
  readonly exports = new Map<string, Entity>()
  readonly #parent: Scope | undefined
  readonly #types: DefinedType[] = []
  readonly #instances: Shape[] = []
  readonly #components: Shape[] = []
  readonly #imported = new Set<string>()
  readonly #exported = new Set<string>()

  constructor(parent?: Scope) {
    this.#parent = parent
  }

  /** Counting outwards; 0 is this scope. */
  outer(count: number, offset: number): Scope {
    if (count === 0) return this
    if (!this.#parent) throw malformed('an alias refers further outwards than there are scopes', offset)
    return this.#parent.outer(count - 1, offset)
  }

  add(entity: Entity): void {
    if (entity.kind === 'type') this.#types.push(entity.type)
    else if (entity.kind === 'instance') this.#instances.push(entity.type)
    else if (entity.kind === 'component') this.#components.push(entity.type)
  }

  import(name: LocatedName, entity: Entity): void {
    suits(name, entity)
    claim(this.#imported, name, 'imported')
    this.add(entity)
  }

  export(name: LocatedName, entity: Entity): void {
    suits(name, entity)
    claim(this.#exported, name, 'exported')
    this.exports.set(name.extern.name, entity)
    this.add(entity)
  }

  /** The type with an index; throws for one that is not defined yet. `offset` is where the index stands. */
  type(index: number, offset: number): DefinedType {
    const type = this.#types[index]
    if (!type) throw missing('type', index, this.#types.length, offset)
    return type
  }

  /** The type of a kind with an index. */
  shape(kind: Shape['kind'], index: number, offset: number): Shape {
    const type = this.type(index, offset)
    if (type.kind !== kind)
      throw malformed(`type ${index} is meant to be of an ${kind}, but is of a ${type.kind}`, offset)
    return type as Shape
  }

  /** What stands at an index. Of functions, values and core modules no more than their kind is known. */
  at(kind: Entity['kind'], index: number, offset: number): Entity {
    if (kind === 'type') return { kind, type: this.type(index, offset) }
    if (kind !== 'instance' && kind !== 'component') return { kind }
    const space = kind === 'instance' ? this.#instances : this.#components
    const type = space[index]
    if (!type) throw missing(kind, index, space.length, offset)
    return { kind, type }
  }

  /** What an instance exports by a name. */
  exportOf(index: number, name: string, kind: Entity['kind'], offset: number): Entity {
    const instance = this.#instances[index]
    if (!instance) throw missing('instance', index, this.#instances.length, offset)
    const entity = instance.exports.get(name)
    if (entity?.kind !== kind)
      throw malformed(`instance ${index} has no ${kind} named ${quoted(name)}`, offset)
    return entity
  }
}

const missing = (what: string, index: number, count: number, offset: number): Error =>
  malformed(`${what} ${index} does not exist: there are ${count} so far`, offset)

function claim(names: Set<string>, { parsed, extern, offset }: LocatedName, how: string): void {
  const key = uniquenessKey(parsed, extern.name)
  if (names.has(key))
    throw malformed(`${quoted(extern.name)}, or a name too much like it, is ${how} twice`, offset)
  names.add(key)
}

/** Only an instance implements an interface, and only functions are methods and the like. */
function suits({ parsed, extern, offset }: LocatedName, { kind }: Entity): void {
  if (extern.implements !== undefined && kind !== 'instance')
    throw malformed(`${quoted(extern.name)} is a ${kind}, which cannot implement an interface`, offset)
  if (parsed.kind === 'plain' && parsed.annotation !== undefined && kind !== 'func')
    throw malformed(`${quoted(extern.name)} is the name of a function, but stands for a ${kind}`, offset)
}
