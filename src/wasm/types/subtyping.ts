import { WasmpackError } from '../../errors.ts'
import { type Entity, findResource, substitute, type Shape, type Type } from './shape.ts'
import { Instantiation, type Substitution } from './substitution.ts'
import { describeDifference } from './type-difference.ts'
import { TypeIdentities } from './type-identity.ts'

/** An import or export because of which a component does not fit a world. */
export interface WorldMisfit {
  /** `import`: the world does not provide it. `export`: the component does not provide it. */
  readonly side: 'import' | 'export'
  /** As spelled by the side that needs it. */
  readonly name: string
  /** The item inside an instance: `[method]descriptor.open-at`. */
  readonly item?: string
  readonly problem: 'missing' | 'other-kind' | 'other-type'
  /** The difference in words; absent if the item is missing. */
  readonly difference?: string
}

/** How names of imports and exports are matched across versions. */
export interface NameMatching {
  /** Equal for names that match. */
  key(name: string): string
  isLater(name: string, than: string): boolean
}

/** In visited types and names. */
const WORK_LIMIT = 4_000_000

/**
 * Compares a component with a world: the world has to provide all imports of the component, and the component all exports of
 * the world. Functions and values need equal types, instances may have additional items.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Subtyping.md, as strictly as runtimes take it.
 */
export function compareWithWorld(
  component: Shape,
  world: Shape,
  names: NameMatching,
): readonly WorldMisfit[] {
  return new TypeComparison(names).components({ definition: component }, { definition: world })
}

type ReportMisfit = (misfit: Omit<WorldMisfit, 'side' | 'name'>) => void

/** Compares provided entities with needed ones, within one budget of work. */
class TypeComparison {
  readonly #names: NameMatching
  readonly #identities = new TypeIdentities((steps) => this.#spend(steps))
  #work = 0

  constructor(names: NameMatching) {
    this.#names = names
  }

  /**
   * Substitutes the world's imports for those of the component, so that imported resources are the world's; then the component's
   * exports for those of the world, so that resources of the world are the component's.
   */
  components(component: Type<Shape>, world: Type<Shape>): readonly WorldMisfit[] {
    const found: WorldMisfit[] = []
    const offered = this.#byName(world.definition.imports, world.through)
    const given = new Instantiation(component.definition.binder, (resource) =>
      resource.isImported ? (findResource(offered, resource.path) ?? resource) : resource,
    )
    const asked = (entity: Entity): Entity => substitute(substitute(entity, component.through), given)
    for (const [name, entity] of component.definition.imports)
      this.#entity(offered.get(name), asked(entity), 'import', (misfit) =>
        found.push({ side: 'import', name, ...misfit }),
      )
    const exported = this.#byName(component.definition.exports, component.through, given)
    const expected = new Instantiation(world.definition.binder, (resource) =>
      resource.isImported ? resource : (findResource(exported, resource.path) ?? resource),
    )
    for (const [name, entity] of world.definition.exports)
      this.#entity(
        exported.get(name),
        substitute(substitute(entity, world.through), expected),
        'export',
        (misfit) => found.push({ side: 'export', name, ...misfit }),
      )
    return found
  }

  /** Looks up by any matching name; of several versions the latest. */
  #byName(
    entities: ReadonlyMap<string, Entity>,
    ...through: readonly (Substitution | undefined)[]
  ): Pick<ReadonlyMap<string, Entity>, 'get'> {
    const latest = new Map<string, string>()
    for (const name of entities.keys()) {
      this.#spend(1)
      const key = this.#names.key(name)
      const other = latest.get(key)
      if (other === undefined || this.#names.isLater(name, other)) latest.set(key, name)
    }
    return {
      get: (name) => {
        const entity = entities.get(latest.get(this.#names.key(name)) ?? '')
        return entity && through.reduce<Entity>((so, next) => substitute(so, next), entity)
      },
    }
  }

  #entity(there: Entity | undefined, needed: Entity, side: WorldMisfit['side'], report: ReportMisfit): void {
    this.#spend(1)
    if (there === undefined) return report({ problem: 'missing' })
    if (there.kind !== needed.kind)
      return report({ problem: 'other-kind', difference: describeKinds(side, there.kind, needed.kind) })
    if (!('type' in needed) || !('type' in there))
      return report({
        problem: 'other-kind',
        difference: `a world cannot have a ${needed.kind}`,
      })
    const [has, needs]: readonly [Type, Type] = [there.type, needed.type]
    const kinds = [findTypeKind(there), findTypeKind(needed)]
    if (kinds[0] === 'instance' && kinds[1] === 'instance')
      return this.#instances(has as Type<Shape>, needs as Type<Shape>, side, report)
    if (kinds[0] === 'component' && kinds[1] === 'component') {
      for (const { name, problem } of this.components(has as Type<Shape>, needs as Type<Shape>))
        report({ problem, difference: `the nested component differs in ${name}` })
      return
    }
    if (kinds.includes('instance') || kinds.includes('component'))
      return report({ problem: 'other-type', difference: describeKinds(side, kinds[0]!, kinds[1]!) })
    if (this.#identities.of(has, undefined) === this.#identities.of(needs, undefined)) return
    const [module, target] = side === 'import' ? [needs, has] : [has, needs]
    report({ problem: 'other-type', difference: describeDifference(module, target, this.#identities) })
  }

  #instances(has: Type<Shape>, needs: Type<Shape>, side: WorldMisfit['side'], report: ReportMisfit): void {
    for (const [name, entity] of needs.definition.exports) {
      const there = has.definition.exports.get(name)
      this.#entity(
        there && substitute(there, has.through),
        substitute(entity, needs.through),
        side,
        ({ item, ...misfit }) => report({ item: item === undefined ? name : `${name}/${item}`, ...misfit }),
      )
    }
  }

  #spend(steps: number): void {
    this.#work += steps
    if (this.#work > WORK_LIMIT)
      throw new WasmpackError(
        'MODULE_MALFORMED',
        'the types of its imports and exports are too complex to compare',
        {
          hint: `the limit is ${WORK_LIMIT} visited types; no known toolchain comes near it`,
        },
      )
  }
}

/** The kind of an entity, or of its definition if it is a type. */
const findTypeKind = (entity: Extract<Entity, { type: Type }>): string =>
  entity.kind === 'type' ? entity.type.definition.kind : entity.kind

const describeKinds = (side: WorldMisfit['side'], has: string, needs: string): string =>
  side === 'import'
    ? `the target has a ${has}, the module a ${needs}`
    : `the target has a ${needs}, the module a ${has}`
