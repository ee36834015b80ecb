import { printable } from '../printable.ts'

/** The packages that a binary says it was built from. */
export interface PackageList {
  /** The tool that embedded the list. */
  readonly by: 'cargo auditable' | 'Go'
  /** The binary itself comes from these; places in `packages`. */
  readonly roots: readonly number[]
  readonly packages: readonly Package[]
  /** Whether the list says which package depends on which; otherwise only what all of them together belong to is known. */
  readonly hasGraph: boolean
}

export interface Package {
  readonly ecosystem: 'cargo' | 'golang'
  readonly name: string
  readonly version?: string
  /** In the words of the list, such as `crates.io`, `git` or `local`. */
  readonly source: string
  /** Only for the registry that package URLs mean by default: a list does not say where else a package comes from. */
  readonly purl?: string
  /** Needed for the build, and not part of the binary. */
  readonly isBuildOnly: boolean
  /** Of the package's files, in the form of the ecosystem. */
  readonly checksum?: string
  /** Places in `packages`. */
  readonly dependencies: readonly number[]
}

/** A list that cannot be read, or that contradicts itself. `problem` completes "the list ...". */
export class UnreadableList extends Error {
  override readonly name = 'UnreadableList'
  readonly problem: string

  constructor(problem: string) {
    super(`the list ${problem}`)
    this.problem = problem
  }
}

export const PACKAGES_LIMIT = 50_000

/** Whether a name or a version is one line of text without characters that hide. */
export const isPlainText = (text: unknown): text is string =>
  typeof text === 'string' && text.length > 0 && text.length <= 500 && printable(text) === text

/** A package URL. https://github.com/package-url/purl-spec */
export function formatPurl(type: 'cargo' | 'golang', name: string, version: string): string {
  const path = name.split('/').map((part) => encodeURIComponent(part))
  return `pkg:${type}/${path.join('/')}@${encodeURIComponent(version)}`
}
