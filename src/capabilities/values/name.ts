/** Names and prefixes (`APP_*`); `*` alone is every name. Case-sensitive. */
export class NameSet {
  readonly #names = new Set<string>()
  readonly #beginnings = new Set<string>()
  #longest = 0

  constructor(patterns: readonly string[]) {
    for (const pattern of patterns)
      if (pattern.endsWith('*')) {
        this.#beginnings.add(pattern.slice(0, -1))
        this.#longest = Math.max(this.#longest, pattern.length - 1)
      } else this.#names.add(pattern)
  }

  /** Whether the set contains a name; a `*` at its end is an ordinary character. */
  has(name: string): boolean {
    return this.#names.has(name) || this.#hasBeginningOf(name)
  }

  /** Whether the set contains everything that a name or a prefix matches. */
  contains(pattern: string): boolean {
    return pattern.endsWith('*') ? this.#hasBeginningOf(pattern.slice(0, -1)) : this.has(pattern)
  }

  #hasBeginningOf(text: string): boolean {
    if (this.#beginnings.size === 0) return false
    for (let length = Math.min(text.length, this.#longest); length >= 0; length--)
      if (this.#beginnings.has(text.slice(0, length))) return true
    return false
  }
}
