import { WasmpackError } from '../../errors.ts'
import { type Entity, findResource, substitute, type Shape, type Type } from './shape.ts'
import { Instantiation, type Substitution } from './substitution.ts'
import { describeDifference } from './type-difference.ts'
import { TypeIdentities } from './type-identity.ts'

/** Why a component cannot stand where a world is expected: one for each thing that is missing or of another type. */
export interface WorldMisfit {
  /** `import`: the component asks for what the world does not offer. `export`: it lacks what the world expects. */
  readonly side: 'import' | 'export'
  /** Of the import or export, as the one that needs it spells it. */
  readonly name: string
  /** What is concerned inside of an instance: `[method]descriptor.open-at`. */
  readonly item?: string
  readonly problem: 'missing' | 'other-kind' | 'other-type'
  /** Where they differ, unless it is missing. */
  readonly difference?: string
}

/** Names of imports and exports: which of them mean the same, and which of two versions is the later one. */
export interface NameMatching {
  /** The same for names that match. */
  key(name: string): string
  isLater(name: string, than: string): boolean
}

/** In visits of types and names. */
const WORK_LIMIT = 4_000_000

/**
 * Compares a component's type with a world's: the world has to offer all that the component imports, and the component
 * all that the world exports. Functions and values have to be of equal types, instances may have more than is asked for.
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

/** One that is there, and one that is needed and may be missing things. */
class TypeComparison {
  readonly #names: NameMatching
  readonly #identities = new TypeIdentities((steps) => this.#spend(steps))
  #work = 0

  constructor(names: NameMatching) {
    this.#names = names
  }

  /**
   * Thinks the world's imports given to the component: its imported resources are the world's then. What the component
   * exports on these terms is given for what the world exports: the world's own resources are the component's then.
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

  /** By any name that matches; of several versions the latest. */
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

/** What an entity is or, if it is a type, what its things are. An instance of a component has the component's definition. */
const findTypeKind = (entity: Extract<Entity, { type: Type }>): string =>
  entity.kind === 'type' ? entity.type.definition.kind : entity.kind

const describeKinds = (side: WorldMisfit['side'], has: string, needs: string): string =>
  side === 'import'
    ? `the target has a ${has}, the module a ${needs}`
    : `the target has a ${needs}, the module a ${has}`
