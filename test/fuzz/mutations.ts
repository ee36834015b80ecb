import { COMPONENT_HEADER, leb, name } from '../support/wasm-builder.ts'
import { assemble, dissect, type Dissected, isComponent, type Piece, readLeb, stretched } from './binary.ts'
import type { Random } from './random.ts'
import { pickSeed, SEEDS } from './seeds.ts'

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

/** No mutant grows beyond this. */
const LARGEST = 256 * 1024
const EXTREMES = [0x00, 0x01, 0x7f, 0x80, 0xff] as const
const COUNTS = [0, 1, 127, 128, 1_000, 100_001, 2 ** 24, 2 ** 31, 2 ** 32 - 1] as const

/** Names that pretend, hide or break: of both kinds of binary. */
const NAMES: readonly string[] = [
  '',
  'env',
  'wasi_snapshot_preview1',
  'w\u0430si_snapshot_preview1',
  'wasi_snapshot_preview1\u200b',
  'fd_write\n  allowed',
  '\u001b[2J\u001b[H',
  '\u202egnp.etirw_df',
  'a#b',
  '"',
  'a.b.c',
  '# comment',
  '{}',
  'wasi:cli/environment@0.2.3',
  'wasi:filesystem/types@0.2.0',
  'wasi:http/outgoing-handler@0.2.10',
  'wasi:cli/exit@0.2',
  'wasi:cli/run@0.3.0-rc-2025-09-16',
  '[method]r.f',
  '[constructor]r',
  'unlocked-dep=<a:b@{>=1.0.0}>',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  'abort',
]

const splice = (
  bytes: Uint8Array,
  at: number,
  remove: number,
  ...insert: readonly Iterable<number>[]
): Uint8Array =>
  Buffer.concat([
    bytes.subarray(0, at),
    ...insert.map((part) => Uint8Array.from(part)),
    bytes.subarray(at + remove),
  ])

const bytewise: Mutation = (bytes, random) => {
  if (bytes.length === 0) return bytes
  const at = random.below(bytes.length)
  const length = 1 + random.below(Math.min(16, bytes.length - at))
  switch (random.below(6)) {
    case 0:
      return splice(bytes, at, 1, [bytes[at]! ^ (1 << random.below(8))])
    case 1:
      return splice(bytes, at, 1, [random.below(256)])
    case 2:
      return splice(bytes, at, 1, [random.of(EXTREMES)])
    case 3:
      return splice(bytes, at, length)
    case 4:
      return splice(bytes, at, 0, bytes.subarray(at, at + length))
    default:
      return random.once(8) ? bytes.slice(0, at) : bytes
  }
}

/** A change to one of the sections. */
const ofSection =
  (change: (piece: Piece, random: Random) => Piece): Mutation =>
  (bytes, random) => {
    const parts = dissect(bytes)
    if (parts.sections.length === 0) return bytes
    const at = random.below(parts.sections.length)
    return assemble({ ...parts, sections: parts.sections.with(at, change(parts.sections[at]!, random)) })
  }

/** A change to which sections there are, and in which order. */
const ofSections =
  (change: (sections: readonly Piece[], random: Random, parts: Dissected) => readonly Piece[]): Mutation =>
  (bytes, random) => {
    const parts = dissect(bytes)
    return assemble({ ...parts, sections: change(parts.sections, random, parts) })
  }

const withContent = ({ id }: Piece, content: Uint8Array): Piece => ({ id, content })

const resizeSection = ofSection((piece, random) => ({
  ...piece,
  size: leb(random.once(3) ? random.of(COUNTS) : Math.max(0, piece.content.length + random.below(9) - 4)),
}))

const stretchSize = ofSection((piece, random) => ({
  ...piece,
  size: stretched(piece.content.length, 2 + random.below(6)),
}))

const stretchCount = ofSection((piece, random) => {
  const count = readLeb(piece.content, 0)
  if (!count) return piece
  return withContent(piece, splice(piece.content, 0, count.end, stretched(count.value, 2 + random.below(6))))
})

const inflateCount = ofSection((piece, random) => {
  const count = readLeb(piece.content, 0)
  if (!count) return piece
  const value = random.once(2) ? random.of(COUNTS) : Math.max(0, count.value + random.below(5) - 2)
  return withContent(piece, splice(piece.content, 0, count.end, leb(value)))
})

/** As many items as there were, many times over: what is worse than linear shows. */
const amplify = ofSection((piece, random) => {
  const count = readLeb(piece.content, 0)
  if (!count || piece.content.length > 2_000) return piece
  const times = 2 + random.below(random.once(10) ? 400 : 20)
  const items = piece.content.subarray(count.end)
  return withContent(
    piece,
    Buffer.concat([Uint8Array.from(leb(count.value * times)), ...Array<Uint8Array>(times).fill(items)]),
  )
})

/** A small number becomes another: an index, a kind, a form. */
const rewriteIndex = ofSection((piece, random) => {
  const small = [...piece.content.subarray(0, 4_000).entries()].filter(([, byte]) => byte < 0x20)
  if (small.length === 0) return piece
  const [at] = random.of(small)
  return withContent(piece, splice(piece.content, at, 1, [random.below(0x20)]))
})

const rename = ofSection((piece, random) => {
  const found = findName(piece.content, random)
  if (found === undefined) return piece
  const before = piece.content.subarray(found.at + 1, found.end)
  const text = new TextDecoder().decode(before)
  const replacement = random.once(3) ? `${text}${random.of(NAMES)}`.slice(0, 500) : random.of(NAMES)
  return withContent(piece, splice(piece.content, found.at, found.end - found.at, name(replacement)))
})

/** A component's name gets attributes, or others. */
const attribute = ofSection((piece, random) => {
  const found = findName(piece.content, random)
  if (found === undefined || found.at === 0) return piece
  const attributes = Array.from({ length: random.below(4) }, () => [
    random.below(4),
    ...name(random.of(NAMES)),
  ])
  const text = piece.content.subarray(found.at, found.end)
  const inserted = [2, ...text, ...leb(attributes.length), ...attributes.flat()]
  return withContent(piece, splice(piece.content, found.at - 1, found.end - found.at + 1, inserted))
})

/** Where a length stands that as many printable characters follow. */
function findName(
  content: Uint8Array,
  random: Random,
): { readonly at: number; readonly end: number } | undefined {
  const within = Math.min(content.length, 4_000)
  if (within === 0) return undefined
  const start = random.below(within)
  for (let step = 0; step < within; step++) {
    const at = (start + step) % within
    const length = content[at]!
    const text = content.subarray(at + 1, at + 1 + length)
    if (
      length >= 2 &&
      length < 0x80 &&
      text.length === length &&
      text.every((byte) => byte >= 0x20 && byte < 0x7f)
    )
      return { at, end: at + 1 + length }
  }
  return undefined
}

const duplicateSection = ofSections((sections, random) => {
  if (sections.length === 0) return sections
  const from = random.below(sections.length)
  const copies = random.once(20) ? 1 + random.below(200) : 1
  return sections.toSpliced(
    random.below(sections.length + 1),
    0,
    ...Array<Piece>(copies).fill(sections[from]!),
  )
})

const removeSection = ofSections((sections, random) =>
  sections.length === 0 ? sections : sections.toSpliced(random.below(sections.length), 1),
)

const swapSections = ofSections((sections, random) => {
  if (sections.length < 2) return sections
  const [one, other] = [random.below(sections.length), random.below(sections.length)]
  return sections.with(one, sections[other]!).with(other, sections[one]!)
})

/** A section of another binary. */
const transplant = ofSections((sections, random) => {
  const donor = dissect(pickSeed(random)).sections
  return donor.length === 0
    ? sections
    : sections.toSpliced(random.below(sections.length + 1), 0, random.of(donor))
})

/** A section as a custom one, with the name `import`: what hides in it is nothing. */
const shadow = ofSections((sections, random) => {
  if (sections.length === 0) return sections
  const hidden = random.of(sections)
  const content = Buffer.concat([Uint8Array.from(name('import')), hidden.content])
  return sections.toSpliced(random.below(sections.length + 1), 0, { id: 0, content })
})

/** Component in component in component; the innermost is the binary itself, a core module or a component. */
const wrap: Mutation = (bytes, random) => {
  let wrapped = bytes
  for (let levels = 1 + random.below(random.once(5) ? 40 : 3); levels > 0; levels--) {
    const id = isComponent(dissect(wrapped)) ? 4 : 1
    wrapped = Buffer.concat([Uint8Array.from([...COMPONENT_HEADER, id, ...leb(wrapped.length)]), wrapped])
  }
  return wrapped
}

/** Types made of types, aliases of aliases, instances of one component in a row. */
const chain = ofSections((sections, random, parts) => {
  if (!isComponent(parts)) return sections
  const length = 1 + random.below(random.once(20) ? 3_000 : 120)
  const base = random.below(4)
  const kind = random.below(4)
  const items = Array.from({ length }, (_, index): number[] => {
    switch (kind) {
      case 0:
        return [0x70, ...leb(base + index)]
      case 1:
        return [0x6f, 2, ...leb(base + index), ...leb(base + index)]
      case 2:
        return [3, 2, 1, random.below(3), ...leb(base + index)]
      default:
        return [0, ...leb(random.below(2)), 1, ...name('a'), 5, ...leb(base + index)]
    }
  })
  const id = [7, 7, 6, 5][kind]!
  const content = Uint8Array.from([...leb(length), ...items.flat()])
  return sections.toSpliced(random.below(sections.length + 1), 0, { id, content })
})

const retarget: Mutation = (bytes, random) =>
  bytes.length < 8 ? bytes : Buffer.concat([random.of(SEEDS).subarray(0, 8), bytes.subarray(8)])

const MUTATIONS: readonly Mutation[] = [
  bytewise,
  bytewise,
  resizeSection,
  stretchSize,
  stretchCount,
  inflateCount,
  amplify,
  rewriteIndex,
  rewriteIndex,
  rename,
  rename,
  attribute,
  duplicateSection,
  removeSection,
  swapSections,
  transplant,
  shadow,
  wrap,
  chain,
  retarget,
]

/** One to four changes to a seed; the same for the same random numbers. */
export function mutate(random: Random): Uint8Array {
  let bytes = pickSeed(random)
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const changed = random.of(MUTATIONS)(bytes, random)
    if (changed.length <= LARGEST) bytes = changed
  }
  return bytes
}
