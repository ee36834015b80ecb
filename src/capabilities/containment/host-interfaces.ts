import type { HostInterface } from '../manifest.ts'
import { nameKey } from '../name-patterns.ts'
import { NameSet } from './name.ts'

/** Entries of a ceiling that bear on one module, interface or label. */
interface Bound {
  /** Undefined for what has no members: a function that is imported by itself, say. */
  readonly members: NameSet | undefined
  readonly type: string | undefined
  readonly labels: NameSet | undefined
  readonly externalIds: NameSet | undefined
}

/**
 * The host interfaces that a ceiling lets be granted. Each name in it may end in `*`: that of a module or an interface, of a
 * function, a label, an external id. What is granted is names alone.
 */
export class HostInterfaceSet {
  readonly #exact = new Map<string, Bound[]>()
  readonly #beginnings: { readonly text: string; readonly bound: Bound }[] = []

  constructor(entries: readonly HostInterface[]) {
    for (const entry of entries) {
      const { how, subject, members } = partsOf(entry)
      const bound: Bound = {
        members: members && new NameSet(members),
        type: typeOf(entry),
        labels: 'as' in entry && entry.as ? new NameSet(entry.as) : undefined,
        externalIds: 'externalId' in entry && entry.externalId ? new NameSet(entry.externalId) : undefined,
      }
      if (subject.endsWith('*')) {
        this.#beginnings.push({ text: join(how, subject.slice(0, -1)), bound })
        continue
      }
      const key = join(how, nameKey(subject))
      this.#exact.set(key, [...(this.#exact.get(key) ?? []), bound])
    }
  }

  /** Whether all that the entry grants is in the set; for its functions several entries may do it together. */
  contains(entry: HostInterface): boolean {
    const { how, subject, members } = partsOf(entry)
    const named = join(how, subject)
    const bounds = [
      ...(this.#exact.get(join(how, nameKey(subject))) ?? []),
      ...this.#beginnings.flatMap(({ text, bound }) => (named.startsWith(text) ? [bound] : [])),
    ].filter((bound) => isWithin(entry, bound))
    // What has no members is held by its own name alone.
    if (members === undefined || members.length === 0) return bounds.length > 0
    return members.every((member) => bounds.some((bound) => bound.members?.has(member)))
  }
}

const isWithin = (entry: HostInterface, { type, labels, externalIds }: Bound): boolean =>
  (type === undefined || type === typeOf(entry)) &&
  holdAll(labels, 'as' in entry ? entry.as : undefined) &&
  holdAll(externalIds, 'externalId' in entry ? entry.externalId : undefined)

/** No list means any name. */
const holdAll = (ceiling: NameSet | undefined, names: readonly string[] | undefined): boolean =>
  ceiling === undefined || names?.every((name) => ceiling.has(name)) === true

interface Parts {
  /** What kind of thing is granted: only the same kind can hold it. */
  readonly how: string
  readonly subject: string
  readonly members: readonly string[] | undefined
}

function partsOf(entry: HostInterface): Parts {
  if ('module' in entry)
    return { how: `core ${entry.kind ?? 'func'}`, subject: entry.module, members: entry.names }
  if ('implements' in entry) return { how: 'implements', subject: entry.implements, members: entry.functions }
  return entry.kind === undefined
    ? { how: 'instance', subject: entry.component, members: entry.functions ?? [] }
    : { how: entry.kind, subject: entry.component, members: undefined }
}

const typeOf = (entry: HostInterface): string | undefined =>
  'type' in entry ? entry.type?.replace(/\s/g, '') : undefined

const join = (how: string, subject: string): string => `${how} ${subject}`
