import { parseTrackedName } from './interface-name.ts'

/** Equal for names that a host takes for one another: interfaces on one track, all else exactly. */
export function toNameKey(text: string): string {
  const { name, track } = parseTrackedName(text)
  return JSON.stringify([name, track])
}

interface Pattern {
  readonly text: string
  readonly index: number
}

/**
 * A list of names, matched by {@link toNameKey}, and of beginnings of names, which end in `*`. They are looked up, not searched,
 * since a hostile module has many names for many patterns.
 */
export class NamePatterns {
  readonly #names: ReadonlyMap<string, number>
  /** In order, and none begins with another: so only the last that does not follow a name can be a beginning of it. */
  readonly #beginnings: readonly Pattern[]

  constructor(patterns: readonly string[]) {
    const names = new Map<string, number>()
    const beginnings: Pattern[] = []
    for (const [index, pattern] of patterns.entries())
      if (pattern.endsWith('*')) beginnings.push({ text: pattern.slice(0, -1), index })
      else names.set(toNameKey(pattern), index)
    this.#names = names
    this.#beginnings = keepShortest(beginnings.sort((one, other) => compareTexts(one.text, other.text)))
  }

  /** The index of a pattern that a name matches. */
  match(name: string): number | undefined {
    const exact = this.#names.get(toNameKey(name))
    if (exact !== undefined) return exact
    let [low, high] = [0, this.#beginnings.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareTexts(this.#beginnings[middle]!.text, name) > 0) high = middle
      else low = middle + 1
    }
    const last = this.#beginnings[low - 1]
    return last !== undefined && name.startsWith(last.text) ? last.index : undefined
  }
}

/** Without those that begin with another, which stands before them. */
function keepShortest(sorted: readonly Pattern[]): Pattern[] {
  const kept: Pattern[] = []
  for (const pattern of sorted)
    if (kept.length === 0 || !pattern.text.startsWith(kept.at(-1)!.text)) kept.push(pattern)
  return kept
}

/** By UTF-16 units, in which what begins alike stands together. */
const compareTexts = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
