// Programs of any size, made of a real one: fixtures/cpp-words.wasm with its functions over and over, so that what a tool does for
// each function it has to do as often as in a real program of that size.
import { readFileSync } from 'node:fs'

const FUNCTION = 3
const CODE = 10
const DATA = 11

/** @param {number} value */
export const leb = (value) => {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return Buffer.from([...bytes, value])
}

/** @param {string} word */
const text = (word) => Buffer.concat([leb(Buffer.byteLength(word)), Buffer.from(word)])
/**
 * @param {number} id
 * @param {readonly Buffer[]} parts
 */
const section = (id, ...parts) => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([id]), leb(content.length), content])
}

/**
 * A number and where it ends.
 * @param {Buffer} bytes
 * @param {number} at
 * @returns {[value: number, end: number]}
 */
function readLeb(bytes, at) {
  for (let value = 0, factor = 1; ; at++, factor *= 0x80) {
    const byte = bytes.readUInt8(at)
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return [value, at + 1]
  }
}

/**
 * The items of a vector, as bytes, and their number.
 * @param {Buffer} content
 */
function vector(content) {
  const [count, start] = readLeb(content, 0)
  return { count, items: content.subarray(start) }
}

/** @param {Buffer} bytes */
function dissect(bytes) {
  const sections = []
  for (let at = 8; at < bytes.length;) {
    const [size, start] = readLeb(bytes, at + 1)
    sections.push({ id: bytes.readUInt8(at), content: bytes.subarray(start, start + size) })
    at = start + size
  }
  return sections
}

/**
 * A well-formed core module with about so many bytes of code, of data and of debugging information.
 * @param {{ readonly code?: number, readonly data?: number, readonly debug?: number }} sizes
 */
export function programOf({ code = 0, data = 0, debug = 0 }) {
  const bytes = readFileSync(new URL('../fixtures/cpp-words.wasm', import.meta.url))
  const sections = dissect(bytes).filter(({ id }) => id !== 0)
  const bodies = sections.find(({ id }) => id === CODE)
  if (bodies === undefined) throw new Error('the program that others are made of has no code')
  const times = Math.max(1, Math.round(code / vector(bodies.content).items.length))
  /** @param {ReturnType<typeof vector>} vector */
  const repeated = ({ count, items }) => [leb(count * times), ...Array(times).fill(items)]
  const parts = sections.map(({ id, content }) => {
    if (id === FUNCTION || id === CODE) return section(id, ...repeated(vector(content)))
    if (id !== DATA || data === 0) return section(id, content)
    const { count, items } = vector(content)
    // One more segment, a passive one.
    return section(id, leb(count + 1), items, Buffer.from([1]), leb(data), Buffer.alloc(data, 'wasm'))
  })
  if (debug > 0) parts.push(section(0, text('.debug_info'), Buffer.alloc(debug, 'dwarf')))
  return Buffer.concat([bytes.subarray(0, 8), ...parts])
}

/**
 * A component with nothing but a core module in it.
 * @param {Buffer} module
 */
export const componentOf = (module) =>
  Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), section(1, module)])
