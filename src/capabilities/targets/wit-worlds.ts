import { WasmpackError } from '../../errors.ts'
import { printable, quoted } from '../../printable.ts'
import type { Shape } from '../../wasm/types/shape.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { isSameInterface } from '../catalog/interface-name.ts'
import type { WorldTarget } from './run-target.ts'

/**
 * The worlds of a binary WIT package: it exports, under the name of each world and interface, a component type that has
 * only that, under its full name. Empty for anything else.
 */
export function listWorlds(inspection: Inspection): readonly WorldTarget[] {
  if (inspection.kind !== 'wit') return []
  const worlds: WorldTarget[] = []
  for (const packaged of inspection.types.shape.exports.values()) {
    if (packaged.kind !== 'type' || packaged.type.definition.kind !== 'component') continue
    for (const [name, entity] of packaged.type.definition.exports)
      if (entity.kind === 'component')
        worlds.push({ kind: 'world', name, shape: entity.type.definition as Shape })
  }
  return worlds
}

/**
 * The world with a full or short name: `acme:app/server@1.0.0`, `acme:app/server`, `server`. Without a name there must be
 * exactly one world. Throws USAGE. `source` is the path of the WIT, for messages.
 */
export function findWorld(
  worlds: readonly WorldTarget[],
  name: string | undefined,
  source: string,
): WorldTarget {
  const found = worlds.filter((world) => name === undefined || matchesWorldName(world.name, name))
  if (found.length === 1) return found[0]!
  const all = worlds.map((world) => printable(world.name)).join(', ')
  const problem =
    worlds.length === 0
      ? `${source} has no world`
      : name === undefined
        ? `${source} has ${worlds.length} worlds`
        : `${source} has ${found.length === 0 ? 'no world' : `${found.length} worlds`} named ${quoted(name)}`
  throw new WasmpackError('USAGE', problem, {
    hint: worlds.length === 0 ? 'pass WIT that declares a world' : `select one with --target: ${all}`,
  })
}

function matchesWorldName(world: string, name: string): boolean {
  const withoutVersion = world.replace(/@.*$/, '')
  if (world === name || withoutVersion === name || withoutVersion.endsWith(`/${name}`)) return true
  return name.includes('@') && isSameInterface(world, name)
}
