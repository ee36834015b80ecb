import { DER } from '../der.ts'

/** One element of DER. https://www.itu.int/rec/T-REC-X.690 */
export interface DerElement {
  /** Class, form and number in one byte; larger numbers are not read. */
  readonly tag: number
  readonly content: Buffer
  /** Tag and length included. */
  readonly whole: Buffer
}

/** DER that is malformed, or not of the form that was expected. */
export class DerProblem extends Error {
  override readonly name = 'DerProblem'
}

/** Reads the elements that follow each other in the bytes, and not what they contain. Throws {@link DerProblem}. */
export function readElements(bytes: Buffer): readonly DerElement[] {
  const elements: DerElement[] = []
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!
    const { length, start } = readLength(bytes, at + 1)
    if ((tag & 0x1f) === 0x1f || start + length > bytes.length) throw new DerProblem('malformed element')
    elements.push({
      tag,
      content: bytes.subarray(start, start + length),
      whole: bytes.subarray(at, start + length),
    })
    at = start + length
  }
  return elements
}

function readLength(bytes: Buffer, at: number): { readonly length: number; readonly start: number } {
  const first = bytes[at]
  if (first === undefined) throw new DerProblem('no length')
  if (first < 0x80) return { length: first, start: at + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 3 || at + count >= bytes.length) throw new DerProblem('bad length')
  const length = bytes.readUIntBE(at + 1, count)
  if (length < 0x80 || length < 2 ** (8 * (count - 1)))
    throw new DerProblem('length not in its shortest form')
  return { length, start: at + 1 + count }
}

/** The one element that the bytes consist of. */
export function readElement(bytes: Buffer, tag: number): DerElement {
  const elements = readElements(bytes)
  if (elements.length !== 1) throw new DerProblem(`${elements.length} elements in place of one`)
  return expectTag(elements[0], tag)
}

export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element?.tag !== tag) throw new DerProblem(`tag ${element?.tag} in place of ${tag}`)
  return element
}

/** The elements of a sequence. */
export const readSequence = (bytes: Buffer): readonly DerElement[] =>
  readElements(readElement(bytes, DER.sequence).content)

/** An object identifier in dotted form. */
export function readObjectIdentifier(element: DerElement | undefined): string {
  const { content } = expectTag(element, DER.objectIdentifier)
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (!Number.isSafeInteger(arc * 128)) throw new DerProblem('an object identifier that is too large')
    if ((byte & 0x80) === 0) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [head, ...rest] = arcs
  if (head === undefined || (content.at(-1)! & 0x80) !== 0)
    throw new DerProblem('malformed object identifier')
  const first = Math.min(Math.floor(head / 40), 2)
  return [first, head - first * 40, ...rest].join('.')
}
