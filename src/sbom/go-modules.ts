import {
  formatPurl,
  isPlainText,
  type Package,
  type PackageList,
  PACKAGES_LIMIT,
  UnreadableList,
} from './package-list.ts'

/** What stands before and after the list in the data of a program that Go built (`runtime/debug.modinfo`). */
export const GO_LIST_START = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex')
export const GO_LIST_END = Buffer.from('f932433186182072008242104116d8f2', 'hex')
/** In bytes. */
export const GO_LIST_LIMIT = 1024 * 1024

/**
 * The modules of a list that Go embeds, in the form of `go version -m`, which does not read it in a WebAssembly module. Throws
 * {@link UnreadableList}. https://pkg.go.dev/runtime/debug#BuildInfo
 */
export function readGoModules(text: Uint8Array): PackageList {
  const lines = decode(text).split('\n')
  const modules: GoModule[] = []
  for (const line of lines) {
    const [key, path, version = '', sum = ''] = line.split('\t')
    if (key !== 'mod' && key !== 'dep' && key !== '=>') continue
    if (!isPlainText(path) || ![version, sum].every((part) => part === '' || isPlainText(part)))
      throw new UnreadableList('has a module whose path or version is missing or not plain text')
    const module = { isMain: key === 'mod', path, version, sum }
    if (key !== '=>') modules.push(module)
    else modules.push(replace(modules.pop(), module))
    if (modules.length > PACKAGES_LIMIT) throw new UnreadableList(`has more than ${PACKAGES_LIMIT} modules`)
  }
  // What is built outside of a module has a path alone.
  if (modules.length === 0 && !lines.some((line) => line.startsWith('path\t')))
    throw new UnreadableList('names neither a program nor a module')
  const roots = modules.flatMap(({ isMain }, at) => (isMain ? [at] : []))
  if (roots.length > 1) throw new UnreadableList('has more than one main module')
  const others = modules.flatMap(({ isMain }, at) => (isMain ? [] : [at]))
  const packages = modules.map((module) => toPackage(module, module.isMain ? others : []))
  return {
    by: 'Go',
    roots: roots.length === 1 ? roots : others,
    packages,
    hasGraph: false,
  }
}

interface GoModule {
  readonly isMain: boolean
  readonly path: string
  readonly version: string
  readonly sum: string
}

function decode(text: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text)
  } catch {
    throw new UnreadableList('is not valid UTF-8')
  }
}

/** A replacement without a version is a directory of the machine that built it: only that is kept of it. */
function replace(replaced: GoModule | undefined, by: GoModule): GoModule {
  if (replaced === undefined) throw new UnreadableList('replaces a module that it does not name')
  return by.version === '' ? { ...replaced, version: '', sum: '' } : { ...by, isMain: replaced.isMain }
}

/** What the compiler writes for a main module that has no version. */
const UNVERSIONED: ReadonlySet<string> = new Set(['', '(devel)'])

function toPackage({ path, version, sum }: GoModule, dependencies: readonly number[]): Package {
  const isVersioned = !UNVERSIONED.has(version)
  // Only what a proxy or a repository gave has a checksum.
  const isPublished = isVersioned && sum !== ''
  return {
    ecosystem: 'golang',
    name: path,
    ...(isVersioned && { version }),
    source: isPublished ? 'go' : 'local',
    ...(isPublished && { purl: formatPurl('golang', path.toLowerCase(), version) }),
    isBuildOnly: false,
    ...(sum !== '' && { checksum: sum }),
    dependencies,
  }
}
