import { BLOCK, checksum, countPadding, LARGEST_OCTAL } from './header.ts'

const NAME_LENGTH = 100
const ASCII = /^[\x20-\x7e]*$/

/**
 * What stands before a file's bytes: always the same for the same name and size. Whatever does not fit a header of 1988 comes in
 * PAX records before it, which every reader of OCI archives knows. A name that ends in a slash is of a directory.
 */
export function writeTarHeader(name: string, size: number, mode = 0o644): Uint8Array {
  const fits = name.length <= NAME_LENGTH && ASCII.test(name)
  const records = [
    ...(fits ? [] : [paxRecord('path', name)]),
    ...(size > LARGEST_OCTAL ? [paxRecord('size', String(size))] : []),
  ].join('')
  const flag = name.endsWith('/') ? '5' : '0'
  const header = headerBlock(name, size > LARGEST_OCTAL ? 0 : size, flag, mode)
  if (records === '') return header
  const body = Buffer.from(records)
  return Buffer.concat([headerBlock('pax', body.length, 'x', 0o644), body, padding(body.length), header])
}

/** The zeros between a file's last byte and the next block. */
export const padding = (size: number): Uint8Array => Buffer.alloc(countPadding(size))

/** What the last entry is followed by. */
export const END = Buffer.alloc(2 * BLOCK)

function headerBlock(name: string, size: number, flag: string, mode: number): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, width: number): unknown =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  block.write(name.slice(0, NAME_LENGTH), 0, 'latin1')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write(flag, 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** A record begins with its own length, in bytes. */
function paxRecord(keyword: string, value: string): string {
  const rest = ` ${keyword}=${value}\n`
  const size = Buffer.byteLength(rest)
  let length = size
  while (String(length).length + size !== length) length = String(length).length + size
  return length + rest
}
