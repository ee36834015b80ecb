import { createCeilingCheck } from '../policy/ceiling-grants.ts'
import { familyOf, shortened, shortKey } from './diff-names.ts'
import type { CapabilitySpec, HostInterface } from '../manifest/manifest.ts'
import type { Grants } from '../manifest/grant-table.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'

/** How a grant differs from one capability manifest to another. */
export interface GrantChange {
  /** Its place below `spec.grants`, or `hostInterfaces`, or `onUnknownImport`. */
  readonly grant: string
  readonly change: 'given' | 'withdrawn' | 'widened' | 'narrowed' | 'widened and narrowed'
  /** What it reaches and did not reach before, as YAML; empty for what has no list, or an empty one. */
  readonly added?: readonly string[]
  /** What it reached and does not reach any more. */
  readonly removed?: readonly string[]
}

/** What each version is granted beyond the other; a capability manifest that is absent grants nothing. */
export function diffGrants(old: CapabilitySpec | undefined, now: CapabilitySpec | undefined): GrantChange[] {
  const [before, after] = [old ?? NOTHING, now ?? NOTHING]
  const [added, removed] = [beyond(before, after), beyond(after, before)]
  return [...new Set([...added.keys(), ...removed.keys()])]
    .map((grant) =>
      changeOf(grant, [isIn(before, grant), isIn(after, grant)], added.get(grant), removed.get(grant)),
    )
    .sort((one, other) => rank(one) - rank(other))
}

function changeOf(
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

const rank = ({ change, added }: GrantChange): number => (change === 'given' ? 0 : added ? 1 : 2)

/** What goes beyond the ceiling, by its place. */
function beyond(ceiling: CapabilitySpec, spec: CapabilitySpec): Map<string, string[]> {
  const places = new Map<string, string[]>()
  for (const { path, found } of createCeilingCheck(ceiling.grants)(spec.grants)) {
    const place = path.replace(/\[\d+\]$/, '')
    const known = places.get(place)
    if (found === undefined) places.set(place, listed(valueAt(spec.grants, place)))
    else if (known) known.push(found)
    else places.set(place, [found])
  }
  const hosts = hostsBeyond(ceiling.hostInterfaces ?? [], spec.hostInterfaces ?? [])
  if (hosts.length > 0) places.set('hostInterfaces', hosts)
  if (spec.onUnknownImport === 'warn' && ceiling.onUnknownImport !== 'warn')
    places.set('onUnknownImport', ['warn'])
  return places
}

const listed = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.map(toYamlFlow)
  return typeof value !== 'object' || Object.keys(value ?? {}).length === 0 ? [] : [toYamlFlow(value)]
}

const valueAt = (grants: Grants, place: string): unknown =>
  place
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], grants)

function isIn(spec: CapabilitySpec, place: string): boolean {
  if (place === 'onUnknownImport') return spec.onUnknownImport === 'warn'
  const value = place === 'hostInterfaces' ? spec.hostInterfaces : valueAt(spec.grants, place)
  return value !== undefined
}

/** One function or other import that the host is allowed to give. */
interface Item {
  readonly key: string
  /** Keys of items that allow all that this one does. */
  readonly wider: readonly string[]
  readonly shown: string
}

/** Looked up, not searched: a capability manifest may list thousands. */
function hostsBeyond(ceiling: readonly HostInterface[], entries: readonly HostInterface[]): string[] {
  const allowed = new Set(ceiling.flatMap(itemsOfHost).map(({ key }) => key))
  return entries
    .flatMap(itemsOfHost)
    .filter(({ key, wider }) => !allowed.has(key) && !wider.some((other) => allowed.has(other)))
    .map(({ shown }) => shown)
}

const plain = (shown: string, key: string): Item => ({ key, wider: [], shown })

function itemsOfHost(entry: HostInterface): Item[] {
  if ('module' in entry) {
    const { module, names, kind = 'func', type } = entry
    const ofType = shortKey([module, kind, type?.replace(/\s/g, '')])
    const ofAnyType = shortKey([module, kind, undefined])
    const where = { module: shortened(module), ...(kind !== 'func' && { kind }) }
    return names.map((name) => ({
      key: shortKey([ofType, name]),
      wider: type === undefined ? [] : [shortKey([ofAnyType, name])],
      shown: toYamlFlow({ ...where, name, ...(type !== undefined && { type: shortened(type) }) }),
    }))
  }
  if ('component' in entry) {
    const { component, functions = [], kind } = entry
    const { key } = familyOf(component)
    const where = { component: shortened(component) }
    return kind === undefined
      ? functions.map((name) =>
          plain(toYamlFlow({ ...where, function: name }), shortKey([key, 'function', name])),
        )
      : [plain(toYamlFlow({ ...where, kind }), shortKey([key, 'kind', kind]))]
  }
  const { implements: target, functions, as, externalId } = entry
  const { key: family } = familyOf(target)
  const condition = toYamlFlow({
    ...(as && { as: [...as].sort() }),
    ...(externalId && { externalId: [...externalId].sort() }),
  })
  const [conditional, always] = [shortKey([family, condition]), shortKey([family, '{}'])]
  const where = { implements: shortened(target), ...(condition !== '{}' && { only: shortened(condition) }) }
  return functions.map((name) => ({
    key: shortKey([conditional, name]),
    wider: condition === '{}' ? [] : [shortKey([always, name])],
    shown: toYamlFlow({ ...where, function: name }),
  }))
}
