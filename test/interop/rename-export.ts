/** A core module with one of its exports under another name: the export section and its size are written anew. */
export function renameExport(module: Uint8Array, from: string, to: string): Uint8Array {
  const bytes = Buffer.from(module)
  for (let at = 8; at < bytes.length;) {
    const [size, content] = readNumber(bytes, at + 1)
    if (bytes[at] === EXPORTS) {
      const section = bytes.subarray(content, content + size)
      const name = section.indexOf(Buffer.concat([Buffer.from([from.length]), Buffer.from(from)]))
      if (name < 0) throw new Error(`no export ${from}`)
      const renamed = Buffer.concat([
        section.subarray(0, name),
        Buffer.from([to.length]),
        Buffer.from(to),
        section.subarray(name + 1 + from.length),
      ])
      const head = Buffer.from([EXPORTS, ...writeNumber(renamed.length)])
      return Buffer.concat([bytes.subarray(0, at), head, renamed, bytes.subarray(content + size)])
    }
    at = content + size
  }
  throw new Error('no export section')
}

const EXPORTS = 7

/** LEB128: the number, and the offset behind it. */
function readNumber(bytes: Uint8Array, from: number): [value: number, end: number] {
  let value = 0
  for (let at = from, shift = 0; ; at += 1, shift += 7) {
    const byte = bytes[at]!
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return [value, at + 1]
  }
}

function writeNumber(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...writeNumber(Math.floor(value / 0x80))]
}
