import type { HostInterface, StringConstantsHostInterface } from '../manifest/manifest.ts'
import { toNameKey } from '../catalog/name-patterns.ts'
import { STRING_CONSTANT_TYPES } from '../catalog/string-constants.ts'
import { NameSet } from '../values/name.ts'

/** The restrictions of ceiling entries for one module, interface or label. */
interface Bound {
  /** Undefined if the import has no members, such as a single function. */
  readonly members: NameSet | undefined
  readonly type: string | undefined
  readonly labels: NameSet | undefined
  readonly externalIds: NameSet | undefined
}

/**
 * The host interfaces that a ceiling allows. Every name in an entry of the ceiling may end in `*`; names in grants are exact.
 */
export class HostInterfaceSet {
  readonly #exact = new Map<string, Bound[]>()
  readonly #beginnings = new Map<string, Bound[]>()
  #longest = 0

  constructor(entries: readonly HostInterface[]) {
    const alike = new Map<string, NamedHostInterface[]>()
    for (const entry of entries.flatMap(expandConstants)) add(alike, restrictionKey(entry), entry)
    for (const [entry, ...others] of alike.values() as Iterable<
      [NamedHostInterface, ...NamedHostInterface[]]
    >) {
      const { how, subject, members } = splitEntry(entry)
      const bound: Bound = {
        members: members && new NameSet([entry, ...others].flatMap((one) => splitEntry(one).members ?? [])),
        type: normalizeType(entry),
        labels: 'as' in entry && entry.as ? new NameSet(entry.as) : undefined,
        externalIds: 'externalId' in entry && entry.externalId ? new NameSet(entry.externalId) : undefined,
      }
      if (subject.endsWith('*')) {
        this.#longest = Math.max(this.#longest, subject.length - 1)
        add(this.#beginnings, joinKey(how, subject.slice(0, -1)), bound)
      } else add(this.#exact, joinKey(how, toNameKey(subject)), bound)
    }
  }

  /** Whether the ceiling contains everything that the entry grants; several entries of the ceiling may contain its functions together. */
  contains(entry: HostInterface): boolean {
    return expandConstants(entry).every((one) => this.#contains(one))
  }

  #contains(entry: NamedHostInterface): boolean {
    const { how, subject, members } = splitEntry(entry)
    const bounds = [...(this.#exact.get(joinKey(how, toNameKey(subject))) ?? [])]
    for (let length = Math.min(subject.length, this.#longest); length >= 0; length--)
      bounds.push(...(this.#beginnings.get(joinKey(how, subject.slice(0, length))) ?? []))
    const holding = bounds.filter((bound) => isWithin(entry, bound))
    // Without members only the name counts.
    if (members === undefined || members.length === 0) return holding.length > 0
    return members.every((member) => holding.some((bound) => bound.members?.has(member)))
  }
}

type NamedHostInterface = Exclude<HostInterface, StringConstantsHostInterface>

/** All string constants of a module as globals of any name. */
const expandConstants = (entry: HostInterface): NamedHostInterface[] =>
  'importedStringConstants' in entry
    ? STRING_CONSTANT_TYPES.map((type) => ({
        module: entry.importedStringConstants,
        names: ['*'],
        kind: 'global',
        type,
      }))
    : [entry]

/** Equal for entries that differ in their members only, which are merged: a hostile module has many names to look up. */
function restrictionKey(entry: NamedHostInterface): string {
  const { how, subject } = splitEntry(entry)
  const { as, externalId } = 'implements' in entry ? entry : { as: undefined, externalId: undefined }
  const name = subject.endsWith('*') ? subject : toNameKey(subject)
  return JSON.stringify([how, name, normalizeType(entry), as, externalId])
}

function add<T>(index: Map<string, T[]>, key: string, item: T): void {
  const items = index.get(key)
  if (items === undefined) index.set(key, [item])
  else items.push(item)
}

const isWithin = (entry: NamedHostInterface, { type, labels, externalIds }: Bound): boolean =>
  (type === undefined || type === normalizeType(entry)) &&
  containsAll(labels, 'as' in entry ? entry.as : undefined) &&
  containsAll(externalIds, 'externalId' in entry ? entry.externalId : undefined)

/** An absent list stands for every name. */
const containsAll = (ceiling: NameSet | undefined, names: readonly string[] | undefined): boolean =>
  ceiling === undefined || names?.every((name) => ceiling.has(name)) === true

interface Parts {
  /** The kind of import; an entry contains only entries of the same kind. */
  readonly how: string
  readonly subject: string
  readonly members: readonly string[] | undefined
}

function splitEntry(entry: NamedHostInterface): Parts {
  if ('module' in entry)
    return { how: `core ${entry.kind ?? 'func'}`, subject: entry.module, members: entry.names }
  if ('implements' in entry) return { how: 'implements', subject: entry.implements, members: entry.functions }
  return entry.kind === undefined
    ? { how: 'instance', subject: entry.component, members: entry.functions ?? [] }
    : { how: entry.kind, subject: entry.component, members: undefined }
}

const normalizeType = (entry: NamedHostInterface): string | undefined =>
  'type' in entry ? entry.type?.replace(/\s/g, '') : undefined

const joinKey = (how: string, subject: string): string => `${how} ${subject}`
