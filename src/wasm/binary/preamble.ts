import type { Cursor } from './cursor.ts'
import { createMalformedError } from './malformed.ts'

const PREAMBLE_SIZE = 8

/** In bytes, of a file that is not WebAssembly, to recognise its format. */
const GLANCE = 256

const MAGIC = [0x00, 0x61, 0x73, 0x6d]
const MODULE = [0x01, 0x00, 0x00, 0x00]
const COMPONENT = [0x0d, 0x00, 0x01, 0x00]

const HINT = 'pass a .wasm file as written by a compiler'
const PRECOMPILED: ForeignFile = [
  'is native or precompiled code',
  'pass the .wasm file it was compiled from: native code cannot be checked',
]

type ForeignFile = readonly [found: string, hint: string]

const SIGNATURES: readonly (readonly [start: readonly number[], foreign: ForeignFile])[] = [
  [
    [0x1f, 0x8b],
    ['is compressed with gzip', 'decompress it first'],
  ],
  [
    [0x28, 0xb5, 0x2f, 0xfd],
    ['is compressed with zstd', 'decompress it first'],
  ],
  [
    [0x50, 0x4b, 0x03, 0x04],
    ['is a zip archive', 'extract the .wasm file first'],
  ],
  [[0x7f, 0x45, 0x4c, 0x46], PRECOMPILED],
  [[0x00, 0x61, 0x6f, 0x74], PRECOMPILED],
  [[0xcf, 0xfa, 0xed, 0xfe], PRECOMPILED],
  [[0x4d, 0x5a], PRECOMPILED],
  [
    [0x42, 0x43, 0xc0, 0xde],
    ['is LLVM bitcode', 'link it into a .wasm file first'],
  ],
]

const startsWithBytes = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, at) => bytes[at] === byte)

/** Reads the eight-byte preamble of a file; throws MODULE_MALFORMED with the format that was recognised instead. */
export async function readPreamble(cursor: Cursor): Promise<'module' | 'component'> {
  const start = new Uint8Array(await cursor.take(PREAMBLE_SIZE))
  if (start.length === 0) throw createMalformedError('the file is empty, not a WebAssembly module', 0, HINT)
  const magic = start.subarray(0, MAGIC.length)
  if (!startsWithBytes(magic, MAGIC.slice(0, magic.length))) {
    const [found, hint] = recognizeForeignFile(Uint8Array.of(...start, ...(await cursor.take(GLANCE))))
    throw createMalformedError(`the file ${found}, not a WebAssembly module`, 0, hint)
  }
  if (start.length < PREAMBLE_SIZE)
    throw createMalformedError(
      `the file is truncated: found ${start.length} bytes, expected a header of 8`,
      start.length,
    )
  return parseKind(start.subarray(MAGIC.length), MAGIC.length)
}

/** Reads the preamble of a nested module or component, which must match its section. */
export async function expectPreamble(
  cursor: Cursor,
  expected: 'module' | 'component',
  end: number,
): Promise<void> {
  const offset = cursor.offset
  if (end - offset < PREAMBLE_SIZE)
    throw createMalformedError(`a nested ${expected} has no room for its header`, offset)
  const start = new Uint8Array(await cursor.take(PREAMBLE_SIZE))
  if (start.length < PREAMBLE_SIZE)
    throw createMalformedError(`the file is truncated in the header of a nested ${expected}`, cursor.offset)
  if (!startsWithBytes(start, MAGIC))
    throw createMalformedError(`found no WebAssembly header where a nested ${expected} begins`, offset)
  const kind = parseKind(start.subarray(MAGIC.length), offset + MAGIC.length)
  if (kind !== expected)
    throw createMalformedError(`found a ${kind} where a nested ${expected} is expected`, offset)
}

function parseKind(version: Uint8Array, offset: number): 'module' | 'component' {
  if (startsWithBytes(version, MODULE)) return 'module'
  if (startsWithBytes(version, COMPONENT)) return 'component'
  const number = version[0]! | (version[1]! << 8)
  const layer = version[2]! | (version[3]! << 8)
  if (layer === 1)
    throw createMalformedError(
      `unknown component version ${number}, expected 13`,
      offset,
      'rebuild it with current tools',
    )
  throw createMalformedError(
    layer === 0
      ? `unknown module version ${number}, expected 1`
      : `unknown WebAssembly layer ${layer}, version ${number}; expected a module (0) or a component (1)`,
    offset,
    HINT,
  )
}

function recognizeForeignFile(start: Uint8Array): ForeignFile {
  for (const [signature, found] of SIGNATURES) if (startsWithBytes(start, signature)) return found
  if (start.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20)))
    return ['has an unknown format', HINT]
  const text = new TextDecoder().decode(start).trimStart()
  if (/^(?:\(|;;)/.test(text))
    return ['is WebAssembly text', 'convert it first: wasm-tools parse FILE -o FILE.wasm']
  if (/^(?:package|interface|world)\s/.test(text))
    return ['is WIT text', 'encode it first: wasm-tools component wit FILE --wasm -o FILE.wasm']
  return ['is text', HINT]
}
