import type { BillOfMaterials, Part } from './bill-of-materials.ts'
import type { ImportedPackage } from './imported-packages.ts'
import type { Package } from './package-list.ts'

/** Everything in a bill of materials under a name of its own, and what depends on what. */
export interface DependencyGraph {
  /** Of the module and the binaries in it, in order. */
  readonly parts: readonly string[]
  /** Sorted by their names. What several lists have is here once. */
  readonly packages: ReadonlyMap<string, Package>
  readonly imports: ReadonlyMap<string, ImportedPackage>
  /** Sorted; of everything that depends on something. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>
  /** Parts that hold code, and say nothing of what it was built from. */
  readonly unknown: readonly string[]
  /** Parts whose list names what its tool knows of: not the standard library, and nothing that was linked otherwise. */
  readonly incomplete: readonly string[]
  /** Packages in lists that do not say what each of them depends on. */
  readonly unrelated: readonly string[]
}

/** The name of the module itself. */
export const MODULE = 'module'

export function buildDependencyGraph({ module, nested, imports }: BillOfMaterials): DependencyGraph {
  const packages = new Map<string, Package>()
  const edges = new Map<string, Set<string>>()
  const unrelated = new Set<string>()
  const connect = (from: string, to: string): unknown =>
    edges.get(from)?.add(to) ?? edges.set(from, new Set([to]))
  const parts = [MODULE, ...nested.map((_, at) => `nested-${at + 1}`)]
  const all: readonly Part[] = [module, ...nested]
  for (const [at, { list }] of all.entries()) {
    if (list === undefined) continue
    const names = list.packages.map(namePackage)
    for (const [place, one] of list.packages.entries()) {
      const name = names[place]!
      const known = packages.get(name)
      packages.set(name, known?.isBuildOnly === false ? known : one)
      if (!list.hasGraph && !list.roots.includes(place)) unrelated.add(name)
      for (const on of one.dependencies) connect(name, names[on]!)
    }
    for (const root of list.roots) connect(parts[at]!, names[root]!)
  }
  const parents: string[] = [MODULE]
  for (const [at, { depth }] of nested.entries()) {
    const name = parts[at + 1]!
    connect(parents[depth - 1]!, name)
    parents[depth] = name
  }
  const imported = new Map(imports.map((one) => [nameImport(one), one]))
  for (const name of imported.keys()) connect(MODULE, name)
  const coded = parts.filter((_, at) => all[at]!.kind === 'module' || all[at]!.list !== undefined)
  const isListed = (part: string): boolean => all[parts.indexOf(part)]!.list !== undefined
  return {
    parts,
    packages: sortByName(packages),
    imports: imported,
    dependencies: sortByName(new Map([...edges].map(([from, to]) => [from, [...to].sort()]))),
    unknown: coded.filter((part) => !isListed(part)),
    incomplete: coded.filter(isListed),
    unrelated: [...unrelated].sort(),
  }
}

const namePackage = ({ purl, ecosystem, source, name, version }: Package): string =>
  purl ?? `${ecosystem}:${source}:${name}${version === undefined ? '' : `@${version}`}`

const nameImport = ({ name, version }: ImportedPackage): string =>
  `import:${name}${version === undefined ? '' : `@${version}`}`

const sortByName = <T>(entries: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
  new Map([...entries].sort(([one], [other]) => (one < other ? -1 : 1)))
