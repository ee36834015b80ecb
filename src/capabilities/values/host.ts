import { type AddressRange, AddressSet, coversRange, parseAddressRange } from './address.ts'

/**
 * Hosts: `*` is every name and every address; `*.example.com` is every name below `example.com` at any depth; other patterns are one
 * name, or a range of addresses. A range of addresses contains no name, since names are not resolved.
 */
export type HostPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'name' | 'below'; readonly name: string }
  | { readonly kind: 'addresses'; readonly range: AddressRange }

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Ignores case and a dot at the end. Undefined for other text, for names that are not ASCII (write `xn--`), and for names that end in a
 * number, which URLs read as IPv4 addresses (https://url.spec.whatwg.org/#ends-in-a-number-checker).
 */
export function parseHostPattern(text: string): HostPattern | undefined {
  if (text === '*') return { kind: 'any' }
  const bracketed = /^\[([^\]]*)\]$/.exec(text)?.[1]
  const address = bracketed ?? text
  const range = address.includes(':') === (bracketed !== undefined) ? parseAddressRange(address) : undefined
  if (range !== undefined) return { kind: 'addresses', range }
  const below = text.startsWith('*.')
  const name = (below ? text.slice(2) : text).replace(/\.$/, '').toLowerCase()
  const labels = name.split('.')
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) return undefined
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1)!)) return undefined
  return { kind: below ? 'below' : 'name', name }
}

/** A union of host patterns. */
export class HostSet {
  readonly #any: boolean
  readonly #names = new Set<string>()
  readonly #below = new Set<string>()
  readonly addresses: AddressSet

  constructor(patterns: readonly HostPattern[]) {
    this.#any = patterns.some(({ kind }) => kind === 'any')
    for (const pattern of patterns)
      if (pattern.kind === 'name') this.#names.add(pattern.name)
      else if (pattern.kind === 'below') this.#below.add(pattern.name)
    this.addresses = new AddressSet(
      patterns.flatMap((pattern) => (pattern.kind === 'addresses' ? [pattern.range] : [])),
    )
  }

  get holdsEveryHost(): boolean {
    return this.#any
  }

  holdsName({ kind, name }: HostPattern & { kind: 'name' | 'below' }): boolean {
    if (kind === 'name' ? this.#names.has(name) : this.#below.has(name)) return true
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
      if (this.#below.has(name.slice(dot + 1))) return true
    return false
  }
}

/**
 * Whether the sets contain everything that the pattern matches. Ranges of addresses may contain it together; names need one pattern that
 * contains it alone.
 */
export function coversHost(sets: readonly HostSet[], pattern: HostPattern): boolean {
  if (sets.some(({ holdsEveryHost }) => holdsEveryHost)) return true
  if (pattern.kind === 'any') return false
  return pattern.kind === 'addresses'
    ? coversRange(
        sets.map(({ addresses }) => addresses),
        pattern.range,
      )
    : sets.some((set) => set.holdsName(pattern))
}
