import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual, promisify } from 'node:util'

import type { ComponentImport, Inspection } from '../../src/wasm/types/inspection.ts'
import { listImports } from '../support/fixtures.ts'
import type { Binary, Listed } from './corpus.ts'
import { listed } from './corpus.ts'
import { listingOf, Unresolved, type WasmToolsListing } from './import-oracle.ts'
import { listingByNode } from './node-oracle.ts'
import { peer } from './peer.ts'
import { importsByWit } from './wit-oracle.ts'

/** One thing about one binary on which this project's reader and a peer do not agree. */
export interface Difference {
  readonly binary: string
  readonly about:
    | 'validity'
    | 'text'
    | 'kind'
    | 'imports'
    | 'exports'
    | 'nested'
    | 'WIT'
    | "Node's imports"
    | "Node's exports"
  readonly ours: unknown
  readonly theirs: unknown
}

/** How much was compared of some binaries, and what differs. */
export interface Tally {
  files: number
  /** What this reader refuses; unless a difference says so, wasm-tools refuses it as well. */
  refused: number
  modules: number
  components: number
  nested: number
  imports: number
  exports: number
  /** Modules that Node accepts, and components whose world wasm-tools can write down. */
  byNode: number
  byWit: number
  /** Components with a type that the oracle does not follow: their text was not compared. */
  unresolved: number
  differences: Difference[]
  /** Of binaries above 10 MB: name, size and the bytes of it that were read. */
  large: { readonly name: string; readonly size: number; readonly bytesRead: number }[]
}

export const emptyTally = (): Tally => ({
  files: 0,
  refused: 0,
  modules: 0,
  components: 0,
  nested: 0,
  imports: 0,
  exports: 0,
  byNode: 0,
  byWit: 0,
  unresolved: 0,
  differences: [],
  large: [],
})

const LARGE = 10_000_000

const run = promisify(execFile)

/** What wasm-tools prints, or undefined if it refuses. */
async function wasmTools(...args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run(peer('wasm-tools'), args, { maxBuffer: 512 * 1024 * 1024 })).stdout
  } catch (error) {
    if (typeof (error as { readonly code?: unknown }).code !== 'number') throw error
    return undefined
  }
}

/** Whether wasm-tools holds it for valid, with every proposal that it knows. */
const isValid = async ({ path }: Binary): Promise<boolean> =>
  (await wasmTools('validate', '--features', 'all', path)) !== undefined

/**
 * Compares one binary and adds to the tally. What wasm-tools does not hold for valid may be listed in any way: where both
 * lists agree it counts, where they differ it does not.
 */
export async function compare(binary: Binary, tally: Tally): Promise<void> {
  tally.files += 1
  const ours = await listed(binary)
  if (ours.size > LARGE) tally.large.push({ name: binary.name, size: ours.size, bytesRead: ours.bytesRead })
  if (!ours.inspection) {
    tally.refused += 1
    if (await isValid(binary))
      tally.differences.push({ binary: binary.name, about: 'validity', ours: ours.refusal, theirs: 'valid' })
    return
  }
  const found = [
    ...(await againstText(binary, ours.inspection, tally)),
    ...(ours.inspection.kind === 'component' ? await againstWit(binary, ours.inspection, tally) : []),
    ...(ours.inspection.kind === 'module' ? againstNode(binary, ours, tally) : []),
  ]
  if (found.length > 0 && (await isValid(binary))) tally.differences.push(...found)
}

async function againstText(binary: Binary, ours: Inspection, tally: Tally): Promise<Difference[]> {
  const text = await wasmTools('print', '--skeleton', binary.path)
  if (text === undefined) return [{ binary: binary.name, about: 'text', ours: ours.kind, theirs: 'no text' }]
  let theirs: WasmToolsListing
  try {
    theirs = listingOf(text)
  } catch (error) {
    if (!(error instanceof Unresolved))
      return [{ binary: binary.name, about: 'text', ours: ours.kind, theirs: String(error) }]
    tally.unresolved += 1
    return []
  }
  const { kind, imports } = listImports(ours)
  const nested = ours.kind === 'component' ? ours.nested.contents.map(listImports) : []
  tally[kind === 'module' ? 'modules' : 'components'] += 1
  tally.nested += nested.length
  tally.imports += imports.length + nested.reduce((sum, inner) => sum + inner.imports.length, 0)
  tally.exports += ours.exports.length
  const exports = ours.kind === 'wit' ? theirs.exports.map(({ name }) => name) : theirs.exports
  return [
    ...difference(binary, 'kind', kind, theirs.kind),
    ...difference(binary, 'imports', imports, theirs.imports),
    ...difference(binary, 'exports', ours.exports, exports),
    ...difference(binary, 'nested', nested, theirs.nested),
  ]
}

async function againstWit(
  binary: Binary,
  { imports }: Extract<Inspection, { kind: 'component' }>,
  tally: Tally,
): Promise<Difference[]> {
  const json = await wasmTools('component', 'wit', '--json', binary.path)
  if (json === undefined) return []
  tally.byWit += 1
  const ours = imports
    .filter(({ kind }) => kind === 'instance' || kind === 'func')
    .map((item) => [witName(item), [...item.functions].sort()] as const)
  return difference(binary, 'WIT', new Map(ours), importsByWit(json))
}

/** A world names an interface by its whole version. */
const witName = ({ name, implements: interfaceName, versionSuffix }: ComponentImport): string =>
  interfaceName === undefined ? name + (versionSuffix ?? '') : name

function againstNode(binary: Binary, { inspection }: Listed, tally: Tally): Difference[] {
  if (inspection?.kind !== 'module') return []
  let theirs
  try {
    theirs = listingByNode(readFileSync(binary.path))
  } catch {
    return [] // V8 knows less than wasm-tools, and has limits of its own
  }
  tally.byNode += 1
  const imports = inspection.imports.map(({ module, name, kind }) => ({ module, name, kind }))
  return [
    ...difference(binary, "Node's imports", imports, theirs.imports),
    ...difference(binary, "Node's exports", inspection.exports, theirs.exports),
  ]
}

const difference = (
  binary: Binary,
  about: Difference['about'],
  ours: unknown,
  theirs: unknown,
): Difference[] => (isDeepStrictEqual(ours, theirs) ? [] : [{ binary: binary.name, about, ours, theirs }])
