/** Assembles WebAssembly binaries by hand, right ones and wrong ones alike: nothing is checked. */

type Part = number | readonly number[] | Uint8Array

const flat = (parts: readonly Part[]): number[] =>
  parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part]))

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const low = value % 0x80
  return value < 0x80 ? [low] : [low | 0x80, ...leb(Math.floor(value / 0x80))]
}

export const name = (text: string): number[] => {
  const bytes = new TextEncoder().encode(text)
  return [...leb(bytes.length), ...bytes]
}

/** A vector: its length and its items. */
export const vec = (...items: readonly Part[]): number[] => [...leb(items.length), ...flat(items)]

export const section = (id: number, ...parts: readonly Part[]): number[] => {
  const content = flat(parts)
  return [id, ...leb(content.length), ...content]
}

export const custom = (title: string, ...content: readonly Part[]): number[] =>
  section(0, name(title), ...content)

export const MODULE_HEADER: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
export const COMPONENT_HEADER: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]

export const module = (...sections: readonly Part[]): Uint8Array =>
  Uint8Array.from([...MODULE_HEADER, ...flat(sections)])

export const component = (...sections: readonly Part[]): Uint8Array =>
  Uint8Array.from([...COMPONENT_HEADER, ...flat(sections)])

export const I32 = 0x7f
export const I64 = 0x7e

/** A function type of a core module. */
export const func = (parameters: readonly Part[], results: readonly Part[] = []): number[] => [
  0x60,
  ...vec(...parameters),
  ...vec(...results),
]

/** The type section of a core module. */
export const types = (...definitions: readonly Part[]): number[] => section(1, vec(...definitions))

/** One import of a core module; `entity` begins with the byte of its kind. */
export const coreImport = (from: string, item: string, ...entity: readonly Part[]): number[] => [
  ...name(from),
  ...name(item),
  ...flat(entity),
]

export const coreImports = (...imports: readonly Part[]): number[] => section(2, vec(...imports))

/** A name of a component's import or export, without attributes. */
export const extern = (text: string): number[] => [0x00, ...name(text)]

/** The declaration of a function under a name in an instance type, its own type before it: takes one index. */
export const functionDeclarations = (...names: readonly string[]): number[][] => [
  [0x01, 0x40, 0x00, 0x01, 0x00],
  ...names.map((text) => [0x04, extern(text), 0x01, 0x00].flat()),
]

export const instanceType = (...declarations: readonly Part[]): number[] => [0x42, ...vec(...declarations)]

export const componentTypes = (...definitions: readonly Part[]): number[] => section(7, vec(...definitions))

/** The import of an instance whose type has the given index. */
export const instanceImport = (text: string, type: number): number[] => [...extern(text), 0x05, ...leb(type)]

export const componentImports = (...imports: readonly Part[]): number[] => section(10, vec(...imports))
