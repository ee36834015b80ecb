/** Formats of native or intermediate code that a custom section can hold. */
export type ObjectFormat = 'ELF' | 'Mach-O' | 'PE' | 'archive' | 'WAMR AOT' | 'LLVM bitcode'

/** How many of the first bytes {@link detectObjectFormat} needs. */
export const OBJECT_HEADER_LENGTH = 64

/** The first four bytes as a big-endian number. */
const SIGNATURES: ReadonlyMap<number, ObjectFormat> = new Map([
  [0x7f454c46, 'ELF'],
  [0xfeedface, 'Mach-O'],
  [0xfeedfacf, 'Mach-O'],
  [0xcefaedfe, 'Mach-O'],
  [0xcffaedfe, 'Mach-O'],
  [0xcafebabe, 'Mach-O'],
  [0xcafebabf, 'Mach-O'],
  [0x213c6172, 'archive'],
  [0x00616f74, 'WAMR AOT'],
  [0x4243c0de, 'LLVM bitcode'],
  [0xdec0170b, 'LLVM bitcode'],
])

/** The format of the object file that begins with these bytes and has `size` bytes; undefined for anything else. */
export function detectObjectFormat(start: Uint8Array, size: number): ObjectFormat | undefined {
  if (start.length < 4) return undefined
  const view = new DataView(start.buffer, start.byteOffset, start.length)
  return SIGNATURES.get(view.getUint32(0)) ?? (isPortableExecutable(view, size) ? 'PE' : undefined)
}

/** `MZ` alone could begin a text, so its pointer to the PE header must lie in the section too. */
function isPortableExecutable(view: DataView, size: number): boolean {
  if (view.byteLength < OBJECT_HEADER_LENGTH || view.getUint16(0) !== 0x4d5a) return false
  const pointer = view.getUint32(0x3c, true)
  return pointer >= 4 && pointer < size
}
