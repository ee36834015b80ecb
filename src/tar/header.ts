/** In bytes: what a tar consists of. */
export const BLOCK = 512

/** Bytes between the last byte of an entry and the next block. */
export const countPadding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

/** The kinds of entries that a header's type flag tells apart; `other` is none that anybody's contents are in. */
export type EntryKind = 'file' | 'directory' | 'name' | 'link-name' | 'records' | 'all-records' | 'other'

/** One header of a tar. */
export interface TarHeader {
  /** As it stands there, which is not safe to open. */
  readonly name: string
  /** In bytes: of what follows the header. */
  readonly size: number
  readonly kind: EntryKind
  /** What the type flag says, for messages. */
  readonly word: string
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06, and GNU's letters. */
const KINDS: Readonly<Record<string, readonly [EntryKind, string]>> = {
  '0': ['file', 'a file'],
  '\0': ['file', 'a file'],
  '7': ['file', 'a file'],
  '1': ['other', 'a hard link'],
  '2': ['other', 'a symbolic link'],
  '3': ['other', 'a character device'],
  '4': ['other', 'a block device'],
  '5': ['directory', 'a directory'],
  '6': ['other', 'a pipe'],
  L: ['name', 'a long name'],
  K: ['link-name', 'a long name of a link'],
  x: ['records', 'PAX records'],
  g: ['all-records', 'PAX records'],
  S: ['other', 'a sparse file'],
  M: ['other', 'the rest of a file in another volume'],
}

/** Undefined for a block that is no header: its checksum is wrong, or its size is no number. */
export function readTarHeader(block: Uint8Array): TarHeader | undefined {
  const sum = readTarNumber(block.subarray(148, 156))
  if (sum === undefined || sum !== checksum(block)) return undefined
  const flag = String.fromCharCode(block[156]!)
  const [kind, word] = KINDS[flag] ?? ['other', `an entry of the type ${JSON.stringify(flag)}`]
  const isUstar = textIn(block.subarray(257, 262)) === 'ustar' && block[262] === 0
  const prefix = isUstar ? textIn(block.subarray(345, 500)) : ''
  const name = textIn(block.subarray(0, 100))
  // Links and devices have no content, whatever size they announce.
  const size = /[1-6]/.test(flag) ? 0 : readTarNumber(block.subarray(124, 136))
  if (size === undefined) return undefined
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, kind, word }
}

/** Whether any reader could take a block for a header: some add its bytes as signed numbers, or pass over zeros in numbers. */
export function looksLikeTarHeader(block: Uint8Array): boolean {
  const digits = /^[ \0]*([0-7]+)/.exec(Buffer.from(block.subarray(148, 156)).toString('latin1'))?.[1]
  if (digits === undefined || block.length < BLOCK) return false
  const sum = Number.parseInt(digits, 8)
  const negative = block.filter((byte, at) => byte >= 0x80 && (at < 148 || at >= 156)).length
  return sum === checksum(block) || sum === checksum(block) - negative * 256
}

/** The largest size that the octal digits of a header hold, in bytes. */
export const LARGEST_OCTAL = 8 ** 11 - 1

/** With the checksum's own place taken for blanks. */
export function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at]!
  return sum
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** Up to the first zero byte. */
export function textIn(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8')
}

/**
 * Octal digits, or GNU's base 256 for what is too large for them. Undefined for a zero byte before the digits, which Go's reader skips
 * and others stop at, and for anything after them.
 */
export function readTarNumber(field: Uint8Array): number | undefined {
  if (field[0]! >= 0x80) {
    let value = BigInt(field[0]! & 0x7f)
    for (const byte of field.subarray(1)) value = value * 256n + BigInt(byte)
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined
  }
  const digits = /^ *([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString('latin1'))?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits || '0', 8)
}

/** The `keyword=value` records of PAX: undefined for what is none. */
export function readPaxRecords(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at)
    if (blank < 0) return undefined
    const digits = Buffer.from(bytes.subarray(at, blank)).toString('latin1')
    const length = Number(digits)
    if (!/^[1-9][0-9]{0,8}$/.test(digits) || at + length > bytes.length || bytes[at + length - 1] !== 0x0a)
      return undefined
    const record = Buffer.from(bytes.subarray(blank + 1, at + length - 1)).toString('utf8')
    const equals = record.indexOf('=')
    if (equals < 1) return undefined
    // Readers disagree about which of two counts.
    if (records.has(record.slice(0, equals)) && !record.startsWith('GNU.sparse.')) return undefined
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

/** The name of an entry without `.` and repeated slashes. */
export const normalizePath = (name: string): string =>
  name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
