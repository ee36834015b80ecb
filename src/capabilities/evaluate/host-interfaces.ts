import type { RequestedComponentImport, RequestedImport } from '../catalog/classify.ts'
import { parseTrackedName } from '../catalog/interface-name.ts'
import { isStringConstant } from '../catalog/string-constants.ts'
import { toYamlFlow } from '../../documents/yaml-flow.ts'
import type { HostInterface, ImplementedHostInterface } from '../manifest/manifest.ts'

/** The result of looking up an import in `spec.hostInterfaces`. */
export interface HostAnswer {
  readonly match: 'granted' | 'wrong-kind' | 'wrong-type' | 'none'
  /** Indices of the granting entries; empty once they have granted a hundred imports. */
  readonly entries: readonly number[]
}

const TOLD_IMPORTS = 100
const NONE: HostAnswer = { match: 'none', entries: [] }

interface GrantedName {
  readonly entries: { readonly index: number; readonly entry: HostInterface }[]
  told: number
}

/**
 * Finds the entries that grant an import, by hash lookups, since a hostile artifact may have many imports and entries. Only for
 * imports that are not in the catalogue, so an entry cannot bypass a rule.
 */
export class HostInterfaces {
  /** Entries that grant the same name, kind and type. */
  readonly #buckets = new Map<string, GrantedName>()
  /** The kinds that entries grant a name as. */
  readonly #kinds = new Map<string, Set<string>>()

  constructor(entries: readonly HostInterface[]) {
    for (const [index, entry] of entries.entries())
      for (const entryKey of listEntryKeys(entry)) {
        const { name, kind } = entryKey
        const key = joinEntryKey(entryKey)
        const bucket = this.#buckets.get(key) ?? { entries: [], told: 0 }
        bucket.entries.push({ index, entry })
        this.#buckets.set(key, bucket)
        this.#kinds.set(name, (this.#kinds.get(name) ?? new Set()).add(kind))
      }
  }

  answer(request: RequestedImport): HostAnswer {
    const constants = isStringConstant(request)
      ? this.#granting(joinEntryKey(toConstantsKey(request.core.module)), request)
      : []
    if (constants.length > 0) return { match: 'granted', entries: constants.flat() }
    const { name, kind, type } = toRequestKey(request)
    const kinds = this.#kinds.get(name)
    if (kinds === undefined) return NONE
    const answers = [...new Set([type, ANY_TYPE])].flatMap((candidate) =>
      this.#granting(joinEntryKey({ name, kind, type: candidate }), request),
    )
    if (answers.length > 0) return { match: 'granted', entries: answers.flat() }
    if (isLabelled(request)) return NONE
    return { match: kinds.has(kind) ? 'wrong-type' : 'wrong-kind', entries: [] }
  }

  /** The indices of granting entries in an array, or an empty array if none grants it. */
  #granting(key: string, request: RequestedImport): [number[]] | [] {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return []
    const told = bucket.told >= TOLD_IMPORTS
    if (!isLabelled(request)) {
      bucket.told++
      return [told ? [] : bucket.entries.map(({ index }) => index)]
    }
    const matching = bucket.entries.filter(
      ({ entry }) => 'implements' in entry && isImplementedAs(entry, request),
    )
    return matching.length === 0 ? [] : [matching.map(({ index }) => index)]
  }
}

const ANY_TYPE = ''

/** The key by which imports match entries. */
interface HostInterfaceKey {
  readonly name: string
  readonly kind: string
  readonly type: string
}

const joinKeyParts = (...parts: readonly (string | undefined)[]): string => JSON.stringify(parts)

const joinEntryKey = ({ name, kind, type }: HostInterfaceKey): string => joinKeyParts(name, kind, type)

/** Of all string constants of a module. */
const toConstantsKey = (module: string): HostInterfaceKey => ({
  name: joinKeyParts('constants', module),
  kind: 'global',
  type: ANY_TYPE,
})

const toCoreKey = (
  module: string,
  name: string,
  kind: string,
  type: string | undefined,
): HostInterfaceKey => ({
  name: joinKeyParts('core', module, name),
  kind,
  type: type === undefined ? ANY_TYPE : type.replace(/\s/g, ''),
})

function toInterfaceKey(
  how: 'component' | 'implements',
  text: string,
  kind: string,
  member?: string,
): HostInterfaceKey {
  const { name, track } = parseTrackedName(text)
  return { name: joinKeyParts(how, name, track, member), kind, type: ANY_TYPE }
}

function listEntryKeys(entry: HostInterface): HostInterfaceKey[] {
  if ('module' in entry)
    return entry.names.map((name) => toCoreKey(entry.module, name, entry.kind ?? 'func', entry.type))
  if ('importedStringConstants' in entry) return [toConstantsKey(entry.importedStringConstants)]
  if ('implements' in entry)
    return entry.functions.map((name) => toInterfaceKey('implements', entry.implements, 'instance', name))
  return entry.kind === undefined
    ? (entry.functions ?? []).map((name) => toInterfaceKey('component', entry.component, 'instance', name))
    : [toInterfaceKey('component', entry.component, entry.kind)]
}

function toRequestKey(request: RequestedImport): HostInterfaceKey {
  if (request.from === 'core') {
    const { module, name, kind, type } = request.core
    return toCoreKey(module, name, kind, type)
  }
  const how = request.labelled ? 'implements' : 'component'
  return toInterfaceKey(how, request.interface, request.kind, request.function)
}

const isLabelled = (request: RequestedImport): request is RequestedComponentImport =>
  request.from === 'component' && request.labelled

const isImplementedAs = (entry: ImplementedHostInterface, request: RequestedComponentImport): boolean =>
  (entry.as === undefined || entry.as.includes(request.label)) &&
  (entry.externalId === undefined ||
    (request.externalId !== undefined && entry.externalId.includes(request.externalId)))

/**
 * The narrowest entries that grant these imports. Functions of one instance share an entry, and so do core imports of one module, kind
 * and type. A module from which nothing but string constants is imported, several of them, is one entry without their names.
 */
export function createHostInterfaces(requests: readonly RequestedImport[]): HostInterface[] {
  const constants = listConstantModules(requests)
  const entries = new Map<string, { entry: HostInterface; members: string[] }>()
  for (const request of requests) {
    const isConstant = request.from === 'core' && constants.has(request.core.module)
    const entry = isConstant ? { importedStringConstants: request.core.module } : createEntry(request)
    const key = JSON.stringify(entry)
    const members = entries.get(key)?.members ?? []
    const member = request.from === 'core' ? request.core.name : request.function
    if (member !== undefined && !isConstant) members.push(member)
    entries.set(key, { entry, members })
  }
  return [...entries.values()].map(({ entry, members }) => addMembers(entry, members))
}

/** The modules from which string constants are imported, at least two, and nothing else. */
function listConstantModules(requests: readonly RequestedImport[]): ReadonlySet<string> {
  const constants = new Map<string, number>()
  for (const request of requests)
    if (isStringConstant(request))
      constants.set(request.core.module, (constants.get(request.core.module) ?? 0) + 1)
  for (const request of requests)
    if (request.from === 'core' && !isStringConstant(request)) constants.delete(request.core.module)
  return new Set([...constants].filter(([, count]) => count > 1).map(([module]) => module))
}

function addMembers(entry: HostInterface, members: readonly string[]): HostInterface {
  if (members.length === 0) return entry
  return Object.assign({}, entry, 'module' in entry ? { names: members } : { functions: members })
}

/** The entry for one import; its members are added by the caller. */
function createEntry(request: RequestedImport): HostInterface {
  if (request.from === 'core') {
    const { module, kind, type } = request.core
    return { module, names: [], ...(kind !== 'func' && { kind }), type }
  }
  const { label, externalId, kind } = request
  if (request.labelled)
    return {
      implements: request.interface,
      functions: [],
      as: [label],
      ...(externalId !== undefined && { externalId: [externalId] }),
    }
  return kind === 'type' || (kind === 'instance' && request.function !== undefined)
    ? { component: request.interface, functions: [] }
    : { component: request.interface, kind }
}

const SHOWN_MEMBERS = 4

/** An entry as one line of YAML; of many names or functions the first, and the number of the others. */
export function formatHostInterface(entry: HostInterface): string {
  const shorten = (members: readonly string[]): readonly string[] =>
    members.length > SHOWN_MEMBERS
      ? [...members.slice(0, SHOWN_MEMBERS), `and ${members.length - SHOWN_MEMBERS} more`]
      : members
  if ('module' in entry) return toYamlFlow({ ...entry, names: shorten(entry.names) })
  return 'functions' in entry && entry.functions !== undefined
    ? toYamlFlow({ ...entry, functions: shorten(entry.functions) })
    : toYamlFlow(entry)
}
