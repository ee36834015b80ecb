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

/** Four decimal numbers, https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2; `127.1` and `0x7f000001` are refused. */
function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (
    parts.length !== 4 ||
    !parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
  )
    return undefined
  return parts.reduce((address, part) => (address << 8n) | BigInt(part), 0n)
}

/** https://www.rfc-editor.org/rfc/rfc4291#section-2.2, without a zone. */
function parseIpv6(text: string): bigint | undefined {
  const [front, back, ...more] = text.split('::') as [string, ...string[]]
  if (more.length > 0) return undefined
  const before = parseGroups(front, back === undefined)
  const after = back === undefined ? [] : parseGroups(back, true)
  if (before === undefined || after === undefined) return undefined
  const zeros = 8 - before.length - after.length
  if (back === undefined ? zeros !== 0 : zeros < 1) return undefined
  return [...before, ...Array<bigint>(zeros).fill(0n), ...after].reduce(
    (address, group) => (address << 16n) | group,
    0n,
  )
}

/** Groups of 16 bits; at the end of the address the last two may be written as an IPv4 address. */
function parseGroups(text: string, atEnd: boolean): bigint[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: bigint[] = []
  for (const [index, part] of parts.entries()) {
    const v4 = atEnd && index === parts.length - 1 ? parseIpv4(part) : undefined
    if (v4 !== undefined) groups.push(v4 >> 16n, v4 & 0xffffn)
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`))
    else return undefined
  }
  return groups
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
