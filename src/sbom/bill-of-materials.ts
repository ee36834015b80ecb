import type { Digest } from '../oci/digest.ts'
import { findToolchain, recognizeToolchain, type ToolchainTool } from '../wasm/toolchain.ts'
import type { Inspection, NestedBinary } from '../wasm/types/inspection.ts'
import { readAuditableList } from './cargo-auditable.ts'
import { readGoModules } from './go-modules.ts'
import { listImportedPackages, type ImportedPackage } from './imported-packages.ts'
import type { EmbeddedList, ModuleContents } from './module-contents.ts'
import { type PackageList, UnreadableList } from './package-list.ts'

/** What a module consists of and was built from, as far as its own bytes tell. What they do not tell is unknown. */
export interface BillOfMaterials {
  readonly module: Part
  /** In binary order, each before those inside it. */
  readonly nested: readonly NestedPart[]
  /** Descriptive texts of the module: name, version, description, authors, licenses, source, homepage, revision. */
  readonly metadata: Readonly<Record<string, string>>
  /** Of a component: what the host or other components must provide. */
  readonly imports: readonly ImportedPackage[]
  /** Lists that cannot be read, each a sentence. */
  readonly problems: readonly string[]
}

/** The module, or a binary inside it. */
export interface Part {
  readonly kind: Inspection['kind']
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
  readonly languages: readonly ToolchainTool[]
  readonly tools: readonly ToolchainTool[]
  /** The list that it embeds, if it has one that can be read. */
  readonly list: PackageList | undefined
}

export interface NestedPart extends Part {
  /** As its name section has it. */
  readonly name: string | undefined
  /** 1 lies directly in the module. */
  readonly depth: number
}

export function describeMaterials(inspection: Inspection, contents: ModuleContents): BillOfMaterials {
  const binaries = inspection.kind === 'component' ? inspection.nested.contents : []
  const lists = assignLists(contents.lists, binaries)
  const problems: string[] = []
  const listOf = (place: number): PackageList | undefined =>
    readLists(lists.get(place) ?? [], place, problems)
  const { kind, size, metadata } = inspection
  return {
    module: { kind, size, digest: contents.digest, ...findToolchain(inspection), list: listOf(ROOT) },
    nested: binaries.map((binary, at) => describeNested(binary, contents.nested[at]!, listOf(at))),
    metadata,
    imports: inspection.kind === 'component' ? listImportedPackages(inspection.imports) : [],
    problems,
  }
}

/** The place of the module itself among the binaries. */
const ROOT = -1

/** Lists by the place of the innermost binary that they are in. */
function assignLists(
  lists: readonly EmbeddedList[],
  binaries: readonly NestedBinary[],
): ReadonlyMap<number, readonly EmbeddedList[]> {
  const assigned = new Map<number, EmbeddedList[]>()
  for (const list of lists) {
    // Each stands before those that it nests.
    const place = binaries.findLastIndex(
      ({ offset, size }) => offset <= list.offset && list.offset < offset + size,
    )
    const own = assigned.get(place)
    if (own === undefined) assigned.set(place, [list])
    else own.push(list)
  }
  return assigned
}

/** The one list of a binary that can be read. Of two, nobody could tell which one holds. */
function readLists(
  lists: readonly EmbeddedList[],
  place: number,
  problems: string[],
): PackageList | undefined {
  const where = place === ROOT ? '' : ` of nested binary ${place + 1}`
  if (lists.length > 1) {
    problems.push(`the module has ${lists.length} lists of packages${where}, expected one`)
    return undefined
  }
  const [list] = lists
  if (list === undefined) return undefined
  try {
    if (list.bytes === undefined) throw new UnreadableList('is too long')
    return list.by === 'Go' ? readGoModules(list.bytes) : readAuditableList(list.bytes)
  } catch (cause) {
    if (!(cause instanceof UnreadableList)) throw cause
    problems.push(`the list of packages${where} by ${list.by} ${cause.problem}`)
    return undefined
  }
}

const describeNested = (
  { kind, size, name, depth, producers }: NestedBinary,
  digest: Digest,
  list: PackageList | undefined,
): NestedPart => {
  const { languages, tools } = recognizeToolchain({ producers, sections: [], imports: [], exports: [] })
  return { kind, size, digest, languages, tools, list, name, depth }
}
