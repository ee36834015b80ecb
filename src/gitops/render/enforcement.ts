import type { Bound, Bounds } from './bounds.ts'

/** Who keeps a grant or a limit where the module runs. */
export interface Enforcement {
  /** `http.outgoing`, `limits.memory.maxPages`. */
  readonly grant: string
  /** The parts of its list that this is about; absent if it is about all of it. */
  readonly items?: readonly string[]
  readonly by: 'object' | 'runtime' | 'nobody'
  /** The field of the printed object, or the flag of the command, that keeps it. */
  readonly field?: string
  /** Why, in half a sentence. */
  readonly note?: string
}

/** Who keeps one bound, or each of its parts. */
export type Kept = Omit<Enforcement, 'grant'>

/** What a target has for a bound: by its key, or by the group that its key is in. */
export type Keepers = Readonly<Record<string, (bound: Bound) => readonly Kept[]>>

/** Who keeps each bound; what a target has nothing for is kept by nobody, unless the module itself shows it. */
export const listEnforcement = (bounds: Bounds, keepers: Keepers, target: string): readonly Enforcement[] =>
  bounds.all.flatMap((bound) =>
    keep(bound, keepers, target).map((kept) => Object.assign({ grant: bound.key }, kept)),
  )

function keep(bound: Bound, keepers: Keepers, target: string): readonly Kept[] {
  if (bound.status === 'unused') return [{ by: 'runtime', note: 'no import needs it' }]
  const keeper = keepers[bound.key] ?? keepers[bound.key.split('.')[0]!]
  const kept = keeper?.(bound) ?? []
  if (kept.length > 0) return kept
  if (bound.status === 'proved') return [{ by: 'runtime', note: PROVED }]
  if (bound.key === 'hostInterfaces') return [{ by: 'runtime', note: 'what they do is up to the host' }]
  if (bound.isWhole) return [{ by: 'runtime', note: 'the module can call nothing but its imports' }]
  return [{ by: 'nobody', note: `${target} has no setting that limits it` }]
}

const PROVED = 'the module itself shows it'

/** Who keeps each part of a list, the parts together that are kept alike; `empty` is for a list without any. */
export function keepEach(
  items: readonly string[],
  choose: (item: string) => Kept,
  empty: Kept,
): readonly Kept[] {
  const groups = new Map<Kept, string[]>()
  for (const item of items) {
    const kept = choose(item)
    const group = groups.get(kept)
    if (group === undefined) groups.set(kept, [item])
    else group.push(item)
  }
  if (groups.size === 0) return [empty]
  if (groups.size === 1) return [...groups.keys()]
  return [...groups].map(([kept, alike]) => Object.assign({ items: alike }, kept))
}

/** The same for a list whose parts are kept in one way, or not. */
export const splitKept = (
  items: readonly string[],
  isKept: (item: string) => boolean,
  kept: Kept,
  otherwise: Kept,
): readonly Kept[] => keepEach(items, (item) => (isKept(item) ? kept : otherwise), kept)

/** Those that nobody keeps, as `--allow-unenforced` names them. */
export const listUnenforced = (enforcement: readonly Enforcement[]): readonly string[] => [
  ...new Set(enforcement.flatMap(({ grant, by }) => (by === 'nobody' ? [grant] : []))),
]

/** Whether a name of `--allow-unenforced` is a grant or the group that it is in. */
export const allowsUnenforced = (names: readonly string[], grant: string): boolean =>
  names.some((name) => grant === name || grant.startsWith(`${name}.`))
