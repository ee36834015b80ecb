import { randomBytes } from 'node:crypto'

// https://webassembly.github.io/spec/core/binary/modules.html
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const [CUSTOM, TYPE, IMPORT, FUNCTION] = [0, 1, 2, 0]

/** A module that imports nothing, with a custom section that makes it different from every other. */
export function plainModule(payload: Uint8Array = randomBytes(16)): Buffer {
  return Buffer.concat([Buffer.from(HEADER), section(CUSTOM, Buffer.concat([named('note'), payload]))])
}

/** A plain module of at least that many bytes, none of which compress. */
export const largeModule = (bytes: number): Buffer => plainModule(randomBytes(bytes))

/** A module that imports one function without parameters and results. */
export function importingModule(module: string, name: string): Buffer {
  const functionType = Buffer.from([1, 0x60, 0, 0])
  const imports = Buffer.concat([Buffer.from([1]), named(module), named(name), Buffer.from([FUNCTION, 0])])
  return Buffer.concat([plainModule(), section(TYPE, functionType), section(IMPORT, imports)])
}

const section = (id: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([id]), leb128(content.length), content])

const named = (text: string): Buffer => Buffer.concat([leb128(Buffer.byteLength(text)), Buffer.from(text)])

function leb128(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}
