import { COMPONENT_TYPE_DEPTH_LIMIT } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'
import type { TypeMeasure, Resource } from './resource.ts'
import type { Substitution } from './substitution.ts'

/** Value types that need no definition, by their byte. */
export const PRIMITIVES: ReadonlyMap<number, string> = new Map([
  [0x7f, 'bool'],
  [0x7e, 's8'],
  [0x7d, 'u8'],
  [0x7c, 's16'],
  [0x7b, 'u16'],
  [0x7a, 's32'],
  [0x79, 'u32'],
  [0x78, 's64'],
  [0x77, 'u64'],
  [0x76, 'f32'],
  [0x75, 'f64'],
  [0x74, 'char'],
  [0x73, 'string'],
  [0x64, 'error-context'],
])

/**
 * The definition of a type. It refers to other types and never copies them, so memory is bounded by the size of the binary.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions
 */
export type Definition = ValueDefinition | FunctionDefinition | Resource | Shape

/** A definition with the substitution of its resources that applies in its context. */
export interface Type<D extends Definition = Definition> {
  readonly definition: D
  readonly through?: Substitution
}

/** A primitive by its name, or a defined value type. */
export type ValueType = string | Type

/** A value type and its parts. */
export interface ValueDefinition extends TypeMeasure {
  readonly kind:
    | 'record'
    | 'variant'
    | 'flags'
    | 'enum'
    | 'tuple'
    | 'list'
    | 'map'
    | 'option'
    | 'result'
    | 'own'
    | 'borrow'
    | 'stream'
    | 'future'
    | 'primitive'
  /** Of fields, cases or flags, in order; of a primitive its name. */
  readonly labels: readonly string[]
  /**
   * Of fields, cases and members, in order; the element of a list, key and value of a map, ok and err of a result, the
   * resource of a handle. Undefined where a type may be left out and is.
   */
  readonly types: readonly (ValueType | undefined)[]
  /** Of a list whose length is fixed. */
  readonly length?: number
}

export interface FunctionDefinition extends TypeMeasure {
  readonly kind: 'func'
  readonly isAsync: boolean
  /** Of the parameters. */
  readonly labels: readonly string[]
  /** Of the parameters, and of the result at the end. */
  readonly types: readonly (ValueType | undefined)[]
}

/** The imports and exports of an instance or component. */
export interface Shape extends TypeMeasure {
  readonly kind: 'instance' | 'component'
  /** Identifies the owner of resources that are replaced in each instance. */
  readonly binder: object
  readonly imports: ReadonlyMap<string, Entity>
  readonly exports: ReadonlyMap<string, Entity>
}

/** An item that can be imported, exported or aliased. Values and core modules have no type here. */
export type Entity =
  | { readonly kind: 'value' | 'module' }
  | { readonly kind: 'func'; readonly type: Type<FunctionDefinition> }
  | { readonly kind: 'type'; readonly type: Type }
  | { readonly kind: 'instance' | 'component'; readonly type: Type<Shape> }

/** The types of a component's imports and exports; left out of JSON. */
export class ComponentTypes {
  readonly shape: Shape

  constructor(shape: Shape) {
    this.shape = shape
  }

  toJSON(): undefined {}
}

/** Measures a type by its parts; throws if they are nested too deeply. `offset` is that of the type. */
export function measure(parts: Iterable<ValueType | Entity | undefined>, offset: number): TypeMeasure {
  let depth = 0
  let hasResources = false
  for (const part of parts) {
    if (typeof part !== 'object') continue
    const definition =
      'definition' in part ? part.definition : 'type' in part ? part.type.definition : undefined
    if (definition === undefined) continue
    depth = Math.max(depth, definition.depth)
    hasResources ||= definition.hasResources
  }
  if (depth >= COMPONENT_TYPE_DEPTH_LIMIT)
    throw createMalformedError(`types are nested deeper than ${COMPONENT_TYPE_DEPTH_LIMIT}`, offset)
  return { depth: depth + 1, hasResources }
}

/** An entity with a further substitution applied. */
export function substitute(entity: Entity, through: Substitution | undefined): Entity {
  if (through === undefined || !('type' in entity) || !entity.type.definition.hasResources) return entity
  const { definition, through: before } = entity.type
  const type = { definition, through: before === undefined ? through : before.followedBy(through) }
  return { kind: entity.kind, type } as Entity
}

/** An export of an instance, with its substitution. */
export function findExport({ definition, through }: Type<Shape>, name: string): Entity | undefined {
  const entity = definition.exports.get(name)
  return entity && substitute(entity, through)
}

/** The resource at a path of names; undefined if there is none. */
export function findResource(
  entities: Pick<ReadonlyMap<string, Entity>, 'get'>,
  path: readonly string[],
): Resource | undefined {
  let entity = path[0] === undefined ? undefined : entities.get(path[0])
  for (const name of path.slice(1))
    entity = entity?.kind === 'instance' ? findExport(entity.type, name) : undefined
  if (entity?.kind !== 'type' || entity.type.definition.kind !== 'resource') return undefined
  const { definition, through } = entity.type
  return through === undefined ? definition : through.of(definition)
}
