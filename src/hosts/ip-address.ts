/** An IP address by its value. An IPv4-mapped IPv6 address is its IPv4 address. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly value: bigint
}

/** Undefined for other text, such as `127.1`, an IPv6 address in brackets, and one with a zone. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text)
  if (v4 !== undefined) return { family: 4, value: v4 }
  const v6 = parseIpv6(text)
  if (v6 === undefined) return undefined
  // https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2
  return v6 >> 32n === 0xffffn ? { family: 4, value: v6 & LOW_32 } : { family: 6, value: v6 }
}

const LOW_32 = 0xffff_ffffn

/** Four decimal numbers, https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2; `127.1` and `0x7f000001` are refused. */
export function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (
    parts.length !== 4 ||
    !parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
  )
    return undefined
  return parts.reduce((address, part) => (address << 8n) | BigInt(part), 0n)
}

/** https://www.rfc-editor.org/rfc/rfc4291#section-2.2, without a zone. */
export function parseIpv6(text: string): bigint | undefined {
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

export const formatIpv4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')

/** An IPv4 address within one of IPv6 that some networks carry packets to it by. */
export interface Embedded {
  readonly by: 'NAT64' | 'transition'
  readonly value: bigint
}

/**
 * Undefined if there is none. `NAT64` is the well-known prefix 64:ff9b::/96 alone (RFC 6052), which networks without IPv4 resolve
 * all names of IPv4 to; `transition` is its local-use prefix (RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214),
 * IPv4-translated (RFC 2765) and IPv4-compatible addresses (RFC 4291).
 */
export function findEmbeddedIpv4({ family, value }: IpAddress): Embedded | undefined {
  if (family === 4) return undefined
  const low = value & LOW_32
  const has = (prefix: bigint, length: number): boolean => value >> BigInt(128 - length) === prefix
  if (has(0x64_ff9b_0000_0000_0000_0000n, 96)) return { by: 'NAT64', value: low }
  if (has(0x2002n, 16)) return { by: 'transition', value: (value >> 80n) & LOW_32 }
  if (has(0x2001_0000n, 32)) return { by: 'transition', value: low ^ LOW_32 }
  const isIsatap = ((value >> 32n) & 0xfdff_ffffn) === 0x5efen
  const isCompatible = has(0n, 96) && low > 1n
  return has(0x64_ff9b_0001n, 48) || has(0xffff_0000n, 96) || isIsatap || isCompatible
    ? { by: 'transition', value: low }
    : undefined
}
