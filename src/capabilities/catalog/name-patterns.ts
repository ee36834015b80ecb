import { parseTrackedName } from './interface-name.ts'

/** Equal for names that a host treats alike: interfaces on one track, other names exactly. */
export function toNameKey(text: string): string {
  const { name, track } = parseTrackedName(text)
  return JSON.stringify([name, track])
}

interface Pattern {
  readonly text: string
  readonly index: number
}

/**
 * A list of names and of prefixes that end in `*`. Lookups are logarithmic, since a hostile module may have many names for
 * many patterns.
 */
export class NamePatterns {
  readonly #names: ReadonlyMap<string, number>
  /** Sorted, and none is a prefix of another, so a binary search finds the only candidate. */
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

/** Drops prefixes that a shorter one covers. */
function keepShortest(sorted: readonly Pattern[]): Pattern[] {
  const kept: Pattern[] = []
  for (const pattern of sorted)
    if (kept.length === 0 || !pattern.text.startsWith(kept.at(-1)!.text)) kept.push(pattern)
  return kept
}

/** By UTF-16 units, so that names with one prefix are adjacent. */
const compareTexts = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
