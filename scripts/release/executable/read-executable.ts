/** What kind of executable a file is, and the content that --build-sea has put into it. */
export interface Executable {
  readonly format: 'ELF' | 'Mach-O' | 'PE'
  readonly machine: 'x64' | 'arm64'
  /** Main script and assets, in Node's format. */
  readonly blob: Buffer
}

/** How a blob begins. https://github.com/nodejs/node/blob/v26.0.0/src/node_sea.cc */
const BLOB_MAGIC = 0x0143da20

/** Parses an executable as far as Node does to find its blob. Throws if it is none, or has no blob. */
export function readExecutable(file: Buffer): Executable {
  const found = readElf(file) ?? readMachO(file) ?? readPe(file)
  if (found === undefined) throw new Error('not an ELF, Mach-O or PE executable for x64 or arm64')
  if (found.blob.readUInt32LE(0) !== BLOB_MAGIC) throw new Error('the blob has another format')
  return found
}

const ELF_MACHINES: Readonly<Record<number, Executable['machine']>> = { 62: 'x64', 183: 'arm64' }
const PT_NOTE = 4

function readElf(file: Buffer): Executable | undefined {
  const machine = ELF_MACHINES[file.readUInt16LE(18)]
  if (file.readUInt32BE(0) !== 0x7f454c46 || machine === undefined) return undefined
  const [at, size, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(54), file.readUInt16LE(56)]
  for (let header = at; header < at + size * count; header += size) {
    if (file.readUInt32LE(header) !== PT_NOTE) continue
    const start = Number(file.readBigUInt64LE(header + 8))
    const blob = findNote(file.subarray(start, start + Number(file.readBigUInt64LE(header + 32))))
    if (blob !== undefined) return { format: 'ELF', machine, blob }
  }
  throw new Error('the ELF file has no note NODE_SEA_BLOB')
}

function findNote(notes: Buffer): Buffer | undefined {
  const align = (size: number): number => Math.ceil(size / 4) * 4
  for (let at = 0; at + 12 <= notes.length;) {
    const [nameSize, size] = [notes.readUInt32LE(at), notes.readUInt32LE(at + 4)]
    const content = at + 12 + align(nameSize)
    if (notes.toString('latin1', at + 12, at + 12 + nameSize) === 'NODE_SEA_BLOB\0')
      return notes.subarray(content, content + size)
    at = content + align(size)
  }
  return undefined
}

const MACH_O_MACHINES: Readonly<Record<number, Executable['machine']>> = {
  0x01000007: 'x64',
  0x0100000c: 'arm64',
}
const LC_SEGMENT_64 = 0x19

function readMachO(file: Buffer): Executable | undefined {
  const machine = MACH_O_MACHINES[file.readUInt32LE(4)]
  if (file.readUInt32LE(0) !== 0xfeedfacf || machine === undefined) return undefined
  let command = 32
  for (let left = file.readUInt32LE(16); left > 0; left -= 1) {
    const section = command + 72
    if (
      file.readUInt32LE(command) === LC_SEGMENT_64 &&
      readName(file, command + 8, 16) === 'NODE_SEA' &&
      readName(file, section, 16) === '__NODE_SEA_BLOB'
    ) {
      const start = file.readUInt32LE(section + 48)
      const blob = file.subarray(start, start + Number(file.readBigUInt64LE(section + 40)))
      return { format: 'Mach-O', machine, blob }
    }
    command += file.readUInt32LE(command + 4)
  }
  throw new Error('the Mach-O file has no section __NODE_SEA_BLOB')
}

const PE_MACHINES: Readonly<Record<number, Executable['machine']>> = { 0x8664: 'x64', 0xaa64: 'arm64' }

function readPe(file: Buffer): Executable | undefined {
  if (file.toString('latin1', 0, 2) !== 'MZ') return undefined
  const header = file.readUInt32LE(60)
  const machine = PE_MACHINES[file.readUInt16LE(header + 4)]
  if (machine === undefined) return undefined
  const sections = header + 24 + file.readUInt16LE(header + 20)
  for (let left = file.readUInt16LE(header + 6), at = sections; left > 0; left -= 1, at += 40) {
    if (readName(file, at, 8) !== '.rsrc') continue
    const address = file.readUInt32LE(at + 12)
    const start = file.readUInt32LE(at + 20)
    const resources = file.subarray(start, start + file.readUInt32LE(at + 16))
    const blob = findResource(resources, address)
    if (blob !== undefined) return { format: 'PE', machine, blob }
  }
  throw new Error('the PE file has no resource NODE_SEA_BLOB')
}

/** A leaf of the tree of resources under the name NODE_SEA_BLOB: type, name, language. */
function findResource(resources: Buffer, address: number): Buffer | undefined {
  const listEntries = (directory: number): readonly (readonly [name: string | undefined, at: number])[] =>
    Array.from(
      { length: resources.readUInt16LE(directory + 12) + resources.readUInt16LE(directory + 14) },
      (_, index) => {
        const entry = directory + 16 + 8 * index
        const [name, at] = [resources.readUInt32LE(entry), resources.readUInt32LE(entry + 4)]
        return [
          name > SUBDIRECTORY ? readResourceName(resources, name - SUBDIRECTORY) : undefined,
          at,
        ] as const
      },
    )
  for (const [, type] of listEntries(0))
    for (const [name, languages] of listEntries(type - SUBDIRECTORY)) {
      if (name !== 'NODE_SEA_BLOB') continue
      const leaf = listEntries(languages - SUBDIRECTORY)[0]![1]
      const start = resources.readUInt32LE(leaf) - address
      return resources.subarray(start, start + resources.readUInt32LE(leaf + 4))
    }
  return undefined
}

/** The flag of an offset that leads to a directory or a name. */
const SUBDIRECTORY = 0x80000000

const readResourceName = (resources: Buffer, at: number): string =>
  resources.toString('utf16le', at + 2, at + 2 + 2 * resources.readUInt16LE(at))

const readName = (file: Buffer, at: number, length: number): string =>
  file.toString('latin1', at, at + length).replace(/\0+$/, '')
