import { parseIpv4, parseIpv6 } from '../../hosts/ip-address.ts'

/**
 * The addresses from `first` to `last`. An IPv4-mapped IPv6 address counts as its IPv4 address, so a range of IPv6 addresses never
 * contains IPv4 addresses.
 */
export interface AddressRange {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

/** `10.0.0.1`, `10.0.0.0/8`, `::1`, `2001:db8::/32`; undefined for other text, and for a prefix with bits set after its length. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address, length, ...more] = text.split('/') as [string, ...string[]]
  if (more.length > 0 || (length !== undefined && !/^(?:0|[1-9][0-9]{0,2})$/.test(length))) return undefined
  const v4 = parseIpv4(address)
  if (v4 !== undefined) return makeRange(4, v4, length === undefined ? 32 : Number(length))
  const v6 = parseIpv6(address)
  if (v6 === undefined) return undefined
  const prefix = length === undefined ? 128 : Number(length)
  // https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2
  return v6 >> 32n === 0xffffn && prefix >= 96
    ? makeRange(4, v6 & 0xffff_ffffn, prefix - 96)
    : makeRange(6, v6, prefix)
}

const BITS = { 4: 32, 6: 128 } as const

function makeRange(family: 4 | 6, address: bigint, prefix: number): AddressRange | undefined {
  if (prefix > BITS[family]) return undefined
  const behind = (1n << BigInt(BITS[family] - prefix)) - 1n
  return (address & behind) === 0n ? { family, first: address, last: address | behind } : undefined
}

/** A set of address ranges, merged where they touch or overlap, so that a look-up takes logarithmic time. */
export class AddressSet {
  readonly #ranges: Readonly<Record<4 | 6, readonly AddressRange[]>>

  constructor(ranges: readonly AddressRange[]) {
    const joined = (family: 4 | 6): AddressRange[] =>
      joinRanges(ranges.filter((range) => range.family === family))
    this.#ranges = { 4: joined(4), 6: joined(6) }
  }

  /** The last address of the merged range that contains an address; undefined if none does. */
  findRunEnd(family: 4 | 6, address: bigint): bigint | undefined {
    const ranges = this.#ranges[family]
    let [low, high] = [0, ranges.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (ranges[middle]!.first > address) high = middle
      else low = middle + 1
    }
    const found = ranges[low - 1]
    return found !== undefined && address <= found.last ? found.last : undefined
  }
}

function joinRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const joined: AddressRange[] = []
  for (const range of ranges.toSorted((one, other) => (one.first < other.first ? -1 : 1))) {
    const before = joined.at(-1)
    if (before === undefined || range.first > before.last + 1n) joined.push(range)
    else if (range.last > before.last) joined[joined.length - 1] = { ...before, last: range.last }
  }
  return joined
}

/** Whether the sets together contain every address of the range. */
export function coversRange(sets: readonly AddressSet[], { family, first, last }: AddressRange): boolean {
  for (let next = first; ;) {
    const ends = sets.flatMap((set) => set.findRunEnd(family, next) ?? [])
    if (ends.length === 0) return false
    const end = ends.reduce((one, other) => (one > other ? one : other))
    if (end >= last) return true
    next = end + 1n
  }
}
