import { inflateSync } from 'node:zlib'

import { isRecord, MalformedJson, parseJson } from '../json.ts'
import {
  formatPurl,
  isPlainText,
  type Package,
  type PackageList,
  PACKAGES_LIMIT,
  UnreadableList,
} from './package-list.ts'

/** The custom section that `cargo auditable` writes. */
export const AUDITABLE_SECTION = '.dep-v0'
/** In bytes, after decompression: lists of thousands of crates have less than one MiB. */
const INFLATED_LIMIT = 8 * 1024 * 1024

/**
 * The crates of a section `.dep-v0`: JSON, compressed with zlib. Throws {@link UnreadableList}.
 * https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
 */
export function readAuditableList(section: Uint8Array): PackageList {
  const document = parseDocument(inflate(section))
  const raw = isRecord(document) ? document['packages'] : undefined
  if (!Array.isArray(raw)) throw new UnreadableList('has no "packages"')
  if (raw.length > PACKAGES_LIMIT) throw new UnreadableList(`has more than ${PACKAGES_LIMIT} packages`)
  const packages = raw.map((one) => readPackage(one, raw.length))
  demandNoCycle(packages)
  return { by: 'cargo auditable', roots: findRoots(raw, packages), packages, hasGraph: true }
}

function inflate(section: Uint8Array): Uint8Array {
  try {
    return inflateSync(section, { maxOutputLength: INFLATED_LIMIT })
  } catch (cause) {
    throw new UnreadableList(
      (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        ? `inflates to more than ${INFLATED_LIMIT / 2 ** 20} MiB`
        : 'is not compressed with zlib',
    )
  }
}

function parseDocument(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, 'the list')
  } catch (cause) {
    if (cause instanceof MalformedJson) throw new UnreadableList(cause.problem)
    throw cause
  }
}

function readPackage(raw: unknown, count: number): Package {
  if (!isRecord(raw)) throw new UnreadableList('has a package that is no object')
  const { name, version, source, kind = 'runtime', dependencies = [] } = raw
  if (!isPlainText(name) || !isPlainText(version) || !isPlainText(source))
    throw new UnreadableList('has a package whose name, version or source is missing or not plain text')
  if (kind !== 'runtime' && kind !== 'build')
    throw new UnreadableList('has a package whose kind is neither runtime nor build')
  if (
    !Array.isArray(dependencies) ||
    !dependencies.every((at) => Number.isInteger(at) && at >= 0 && at < count)
  )
    throw new UnreadableList('has a dependency on a package that is not in it')
  return {
    ecosystem: 'cargo',
    name,
    version,
    source,
    ...(source === 'crates.io' && { purl: formatPurl('cargo', name, version) }),
    isBuildOnly: kind === 'build',
    dependencies: [...new Set(dependencies as readonly number[])],
  }
}

/** The package marked as the root; lists of older versions mark none, and what nothing depends on is one there. */
function findRoots(raw: readonly unknown[], packages: readonly Package[]): readonly number[] {
  const marked = raw.flatMap((one, at) => (isRecord(one) && one['root'] === true ? [at] : []))
  if (marked.length > 1) throw new UnreadableList('has more than one root')
  if (marked.length === 1) return marked
  const needed = new Set(packages.flatMap(({ dependencies }) => dependencies))
  return packages.flatMap((_, at) => (needed.has(at) ? [] : [at]))
}

/** Takes away packages whose dependencies are all gone, until none is left. */
function demandNoCycle(packages: readonly Package[]): void {
  const open = packages.map(({ dependencies }) => dependencies.length)
  const dependents: number[][] = packages.map(() => [])
  for (const [at, { dependencies }] of packages.entries())
    for (const on of dependencies) dependents[on]!.push(at)
  const ready = open.flatMap((count, at) => (count === 0 ? [at] : []))
  let gone = 0
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    gone += 1
    for (const dependent of dependents[at]!) if (--open[dependent]! === 0) ready.push(dependent)
  }
  if (gone < packages.length) throw new UnreadableList('has packages that depend on each other in a cycle')
}
