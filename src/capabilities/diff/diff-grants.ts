import { createCeilingCheck } from '../policy/ceiling-grants.ts'
import { parseFamily, shortenText, createShortKey } from './diff-names.ts'
import type { CapabilitySpec, HostInterface } from '../manifest/manifest.ts'
import { STRING_CONSTANT_TYPES } from '../catalog/string-constants.ts'
import type { Grants } from '../manifest/grant-table.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

/** A grant that differs between two capability manifests. */
export interface GrantChange {
  /** Its path below `spec.grants`, or `hostInterfaces`, or `onUnknownImport`. */
  readonly grant: string
  readonly change: 'given' | 'withdrawn' | 'widened' | 'narrowed' | 'widened and narrowed'
  /** Added items as YAML; empty for a grant without items. */
  readonly added?: readonly string[]
  /** Removed items as YAML. */
  readonly removed?: readonly string[]
}

/** The grants of each version beyond the other; an absent capability manifest grants nothing. */
export function diffGrants(old: CapabilitySpec | undefined, now: CapabilitySpec | undefined): GrantChange[] {
  const [before, after] = [old ?? NOTHING, now ?? NOTHING]
  const [added, removed] = [findExcess(before, after), findExcess(after, before)]
  return [...new Set([...added.keys(), ...removed.keys()])]
    .map((grant) =>
      createChange(
        grant,
        [isGranted(before, grant), isGranted(after, grant)],
        added.get(grant),
        removed.get(grant),
      ),
    )
    .sort((one, other) => computeRank(one) - computeRank(other))
}

function createChange(
  grant: string,
  [stood, stands]: readonly [boolean, boolean],
  added: readonly string[] | undefined,
  removed: readonly string[] | undefined,
): GrantChange {
  const change = added ? (removed ? 'widened and narrowed' : 'widened') : 'narrowed'
  return {
    grant,
    change: !stood ? 'given' : !stands ? 'withdrawn' : change,
    ...(added && { added }),
    ...(removed && { removed }),
  }
}

const NOTHING: CapabilitySpec = { grants: {} }

const computeRank = ({ change, added }: GrantChange): number => (change === 'given' ? 0 : added ? 1 : 2)

/** The items that exceed the ceiling, by path. */
function findExcess(ceiling: CapabilitySpec, spec: CapabilitySpec): Map<string, string[]> {
  const places = new Map<string, string[]>()
  for (const { path, found } of createCeilingCheck(ceiling.grants)(spec.grants)) {
    const place = path.replace(/\[\d+\]$/, '')
    const known = places.get(place)
    if (found === undefined) places.set(place, toList(getValue(spec.grants, place)))
    else if (known) known.push(found)
    else places.set(place, [found])
  }
  const hosts = findExcessHostItems(ceiling.hostInterfaces ?? [], spec.hostInterfaces ?? [])
  if (hosts.length > 0) places.set('hostInterfaces', hosts)
  if (spec.onUnknownImport === 'warn' && ceiling.onUnknownImport !== 'warn')
    places.set('onUnknownImport', ['warn'])
  return places
}

const toList = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.map(toYamlFlow)
  return typeof value !== 'object' || Object.keys(value ?? {}).length === 0 ? [] : [toYamlFlow(value)]
}

const getValue = (grants: Grants, place: string): unknown =>
  place
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], grants)

function isGranted(spec: CapabilitySpec, place: string): boolean {
  if (place === 'onUnknownImport') return spec.onUnknownImport === 'warn'
  const value = place === 'hostInterfaces' ? spec.hostInterfaces : getValue(spec.grants, place)
  return value !== undefined
}

/** One granted function or other import of the host. */
interface HostItem {
  readonly key: string
  /** Keys of items that include this one. */
  readonly wider: readonly string[]
  readonly shown: string
}

/** By hash lookups, since a capability manifest may list thousands. */
function findExcessHostItems(ceiling: readonly HostInterface[], entries: readonly HostInterface[]): string[] {
  const allowed = new Set(ceiling.flatMap(listHostItems).map(({ key }) => key))
  return entries
    .flatMap(listHostItems)
    .filter(({ key, wider }) => !allowed.has(key) && !wider.some((other) => allowed.has(other)))
    .map(({ shown }) => shown)
}

const createPlainItem = (shown: string, key: string): HostItem => ({ key, wider: [], shown })

const createConstantsKey = (module: string): string => createShortKey([module, 'constants'])

function listHostItems(entry: HostInterface): HostItem[] {
  if ('importedStringConstants' in entry) {
    const { importedStringConstants: module } = entry
    return [
      createPlainItem(
        toYamlFlow({ importedStringConstants: shortenText(module) }),
        createConstantsKey(module),
      ),
    ]
  }
  if ('module' in entry) {
    const { module, names, kind = 'func', type } = entry
    const ofType = createShortKey([module, kind, type?.replace(/\s/g, '')])
    const ofAnyType = createShortKey([module, kind, undefined])
    const isConstant = kind === 'global' && type !== undefined && STRING_CONSTANT_TYPES.includes(type)
    const where = { module: shortenText(module), ...(kind !== 'func' && { kind }) }
    return names.map((name) => ({
      key: createShortKey([ofType, name]),
      wider: [
        ...(type === undefined ? [] : [createShortKey([ofAnyType, name])]),
        ...(isConstant ? [createConstantsKey(module)] : []),
      ],
      shown: toYamlFlow({ ...where, name, ...(type !== undefined && { type: shortenText(type) }) }),
    }))
  }
  if ('component' in entry) {
    const { component, functions = [], kind } = entry
    const { key } = parseFamily(component)
    const where = { component: shortenText(component) }
    return kind === undefined
      ? functions.map((name) =>
          createPlainItem(toYamlFlow({ ...where, function: name }), createShortKey([key, 'function', name])),
        )
      : [createPlainItem(toYamlFlow({ ...where, kind }), createShortKey([key, 'kind', kind]))]
  }
  const { implements: target, functions, as, externalId } = entry
  const { key: family } = parseFamily(target)
  const condition = toYamlFlow({
    ...(as && { as: [...as].sort() }),
    ...(externalId && { externalId: [...externalId].sort() }),
  })
  const [conditional, always] = [createShortKey([family, condition]), createShortKey([family, '{}'])]
  const where = {
    implements: shortenText(target),
    ...(condition !== '{}' && { only: shortenText(condition) }),
  }
  return functions.map((name) => ({
    key: createShortKey([conditional, name]),
    wider: condition === '{}' ? [] : [createShortKey([always, name])],
    shown: toYamlFlow({ ...where, function: name }),
  }))
}
