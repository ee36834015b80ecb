import { computeUniquenessKey } from './extern-name.ts'
import type { LocatedName } from './extern-name-reader.ts'
import { type Resource, createResource } from '../types/resource.ts'
import {
  type Definition,
  type Entity,
  findExport,
  type FunctionDefinition,
  measure,
  findResource,
  type Shape,
  type Type,
} from '../types/shape.ts'
import { SUBSTITUTION_LIMIT } from '../binary/limits.ts'
import { createMalformedError, quoteShort } from '../binary/malformed.ts'
import { Instantiation } from '../types/substitution.ts'

/** The name of an imported or exported declaration. */
export interface DeclaredName {
  readonly name: string
  readonly isImported: boolean
  /** Of the name, in the binary. */
  readonly offset: number
}

/**
 * The index spaces of a component, a component type or an instance type, as they grow while its definitions are read.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#index-spaces
 */
export class ComponentScope {
  readonly #imports = new Map<string, Entity>()
  readonly #exports = new Map<string, Entity>()
  readonly #binder = {}
  readonly #parent: ComponentScope | undefined
  readonly #types: Type[] = []
  readonly #functions: Type<FunctionDefinition>[] = []
  readonly #instances: Type<Shape>[] = []
  readonly #components: Type<Shape>[] = []
  readonly #imported = new Set<string>()
  readonly #exported = new Set<string>()

  constructor(parent?: ComponentScope) {
    this.#parent = parent
  }

  /** Counting outwards; 0 is this scope. */
  outer(count: number, offset: number): ComponentScope {
    if (count === 0) return this
    if (!this.#parent) throw createMalformedError('an outer alias refers beyond the root component', offset)
    return this.#parent.outer(count - 1, offset)
  }

  add(entity: Entity): void {
    if (entity.kind === 'type') this.#types.push(entity.type)
    else if (entity.kind === 'func') this.#functions.push(entity.type)
    else if (entity.kind === 'instance') this.#instances.push(entity.type)
    else if (entity.kind === 'component') this.#components.push(entity.type)
  }

  /** A resource that is defined here, or declared by name. */
  resource(place?: DeclaredName): Resource {
    return createResource(this.#binder, place ? [place.name] : [], place?.isImported ?? false)
  }

  /** An instance of a declared type. It gets resources of its own, which differ from those of a second instance. */
  instance(type: Type<Shape>, place: DeclaredName): Type<Shape> {
    return instantiateType(
      type,
      ({ path }) => createResource(this.#binder, [place.name, ...path], place.isImported),
      place.offset,
    )
  }

  /** An instance of a component: imported resources are those of the arguments, defined ones are new. */
  instantiate(component: Type<Shape>, given: ReadonlyMap<string, Entity>, offset: number): Type<Shape> {
    return instantiateType(
      component,
      ({ path, isImported }) => (isImported ? findResource(given, path) : undefined) ?? this.resource(),
      offset,
    )
  }

  import(name: LocatedName, entity: Entity): void {
    checkNameKind(name, entity)
    claimName(this.#imported, name, 'imported')
    this.#imports.set(name.extern.name, entity)
    this.add(entity)
  }

  export(name: LocatedName, entity: Entity): void {
    checkNameKind(name, entity)
    claimName(this.#exported, name, 'exported')
    this.#exports.set(name.extern.name, entity)
    this.add(entity)
  }

  /** All imports and exports by name. `offset` is that of the definition. */
  shape(kind: Shape['kind'], offset: number): Shape {
    const [imports, exports] = [this.#imports, this.#exports]
    const measured = measure([...imports.values(), ...exports.values()], offset)
    return { kind, binder: this.#binder, imports, exports, ...measured }
  }

  /** The type at an index; throws if it is not defined yet. `offset` is that of the index. */
  type(index: number, offset: number): Type {
    return getDefined(this.#types, 'type', index, offset)
  }

  /** As {@link type}, of a kind. */
  typeOf<D extends Definition>(kind: D['kind'], index: number, offset: number): Type<D> {
    const type = this.type(index, offset)
    if (type.definition.kind !== kind)
      throw createMalformedError(
        `type ${index} is ${TYPE_NAMES[type.definition.kind] ?? 'a value type'}, expected ${TYPE_NAMES[kind] ?? kind}`,
        offset,
      )
    return type as Type<D>
  }

  /** The entity at an index. Values and core modules are not counted. */
  at(kind: Entity['kind'], index: number, offset: number): Entity {
    switch (kind) {
      case 'type':
        return { kind, type: this.type(index, offset) }
      case 'func':
        return { kind, type: getDefined(this.#functions, 'function', index, offset) }
      case 'instance':
        return { kind, type: getDefined(this.#instances, kind, index, offset) }
      case 'component':
        return { kind, type: getDefined(this.#components, kind, index, offset) }
      default:
        return { kind }
    }
  }

  /** An export of an instance, with its substitution. */
  exportOf(index: number, name: string, kind: Entity['kind'], offset: number): Entity {
    const entity = findExport(getDefined(this.#instances, 'instance', index, offset), name)
    if (entity?.kind !== kind)
      throw createMalformedError(`instance ${index} has no ${kind} named ${quoteShort(name)}`, offset)
    return checkSubstitutionLength(entity, offset)
  }
}

const TYPE_NAMES: Readonly<Partial<Record<Definition['kind'], string>>> = {
  func: 'a function',
  instance: 'an instance',
  component: 'a component',
  resource: 'a resource',
}

function getDefined<T>(space: readonly T[], what: string, index: number, offset: number): T {
  const found = space[index]
  if (found === undefined)
    throw createMalformedError(`${what} ${index} does not exist: there are ${space.length} so far`, offset)
  return found
}

function instantiateType(
  type: Type<Shape>,
  find: (resource: Resource) => Resource,
  offset: number,
): Type<Shape> {
  const { definition, through } = type
  if (!definition.hasResources) return type
  const own = new Instantiation(definition.binder, find)
  const instance = { definition, through: through === undefined ? own : through.followedBy(own) }
  return checkSubstitutionLength({ kind: 'instance', type: instance }, offset).type
}

/** Limits the length of substitutions, so that looking up a resource stays cheap. */
function checkSubstitutionLength<E extends Entity>(entity: E, offset: number): E {
  if ('type' in entity && (entity.type.through?.length ?? 0) > SUBSTITUTION_LIMIT)
    throw createMalformedError(`a type passes through more than ${SUBSTITUTION_LIMIT} instances`, offset)
  return entity
}

function claimName(names: Set<string>, { parsed, extern, offset }: LocatedName, how: string): void {
  const key = computeUniquenessKey(parsed, extern.name)
  if (names.has(key))
    throw createMalformedError(`${quoteShort(extern.name)} conflicts with another ${how} name`, offset)
  names.add(key)
}

/** Only an instance implements an interface, and only functions are methods and the like. */
function checkNameKind({ parsed, extern, offset }: LocatedName, { kind }: Entity): void {
  if (extern.implements !== undefined && kind !== 'instance')
    throw createMalformedError(
      `${quoteShort(extern.name)} is a ${kind}, which cannot implement an interface`,
      offset,
    )
  if (parsed.kind === 'plain' && parsed.annotation !== undefined && kind !== 'func')
    throw createMalformedError(
      `${quoteShort(extern.name)} is the name of a function, but is a ${kind}`,
      offset,
    )
}
