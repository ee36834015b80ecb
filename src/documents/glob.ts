/** Matches items with a pattern in which `star` stands for any number of items; backtracks to the last star only. */
export function matchGlob(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  matches: (one: string, item: string) => boolean,
): boolean {
  let [at, item] = [0, 0]
  let last: { readonly at: number; item: number } | undefined
  while (item < items.length)
    if (pattern[at] === star) last = { at: at++, item }
    else if (at < pattern.length && matches(pattern[at]!, items[item]!)) {
      at++
      item++
    } else if (last === undefined) return false
    else {
      at = last.at + 1
      item = ++last.item
    }
  return pattern.slice(at).every((rest) => rest === star)
}

/** Whether the whole segment matches the pattern, in which `*` stands for any run of characters. */
export const matchesSegment = (pattern: string, segment: string): boolean =>
  matchGlob([...pattern], [...segment], '*', (one, other) => one === other)

/** Whether the whole text matches the pattern, in which `*` stands for any run of characters but `/`; in linear time for each segment. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [wanted, found] = [pattern.split('/'), text.split('/')]
  return wanted.length === found.length && wanted.every((segment, at) => matchesSegment(segment, found[at]!))
}
