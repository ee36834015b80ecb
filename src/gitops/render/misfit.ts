import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { findEntryPoints } from '../../wasm/entry-points.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import type { RenderRequest } from './target.ts'

/** The error for a module that a target could not run. */
export const createMisfit = (target: string, why: string, hint: string): WasmpackError =>
  new WasmpackError('CAPABILITY_DENIED', `the module cannot run with ${target}: ${why}`, { hint })

/** What a WASI runtime links: modules of core imports, and packages of interfaces. */
export interface LinkedImports {
  readonly modules: readonly string[]
  readonly packages: readonly string[]
  /** Whether WASI 0.3 is missing. */
  readonly isOlder?: true
}

/** WASI as every runtime of it has. */
export const WASI: LinkedImports = {
  modules: ['wasi_snapshot_preview1', 'wasi_unstable'],
  packages: [
    'wasi:cli',
    'wasi:io',
    'wasi:clocks',
    'wasi:random',
    'wasi:filesystem',
    'wasi:sockets',
    'wasi:http',
  ],
}

export type WasiRole = 'command' | 'server'

/** Whether a component imports or exports interfaces of WASI 0.3. */
export const needsWasi3 = (inspection: Inspection): boolean =>
  inspection.kind === 'component' &&
  [...inspection.imports, ...inspection.exports].some((found) =>
    /^wasi:[^@]*@0\.3(?:\.|$)/.test(found.implements ?? found.name),
  )

/** What is said of a component for WASI 0.3; nothing of any other. */
export const noteWasi3 = (inspection: Inspection, which: string): readonly string[] =>
  needsWasi3(inspection) ? [`the component needs WASI 0.3, ${which}`] : []

/** The role in which a WASI runtime starts a module. Throws CAPABILITY_DENIED for one that it could not start. */
export function requireWasiRole(
  { inspection, bounds }: Pick<RenderRequest, 'inspection' | 'bounds'>,
  linked: LinkedImports,
  target: string,
): WasiRole {
  if (linked.isOlder === true && needsWasi3(inspection))
    throw createMisfit(target, 'it needs WASI 0.3, and there is 0.2', 'build it for wasm32-wasip2')
  const foreign = findForeignImport(inspection, linked)
  if (foreign !== undefined)
    throw createMisfit(
      target,
      `it imports ${printable(foreign)}, which is not there`,
      'see which targets it fits with: wasmpack inspect MODULE',
    )
  const roles = new Set(findEntryPoints(inspection).map(({ role }) => role))
  if (roles.has('a command')) return 'command'
  if (roles.has('an HTTP server')) {
    if (bounds.grants.http?.incoming) return 'server'
    throw createMisfit(
      target,
      'it serves HTTP, which is not granted',
      'grant it in the capability manifest: http: {incoming: true}',
    )
  }
  throw createMisfit(
    target,
    'it exports neither a command nor an HTTP handler',
    'a core module needs "_start", a component wasi:cli/run or wasi:http/incoming-handler',
  )
}

function findForeignImport(inspection: Inspection, { modules, packages }: LinkedImports): string | undefined {
  if (inspection.kind === 'wit') return undefined
  if (inspection.kind === 'module')
    return inspection.imports
      .filter(({ module }) => !modules.includes(module))
      .map(({ module, name }) => `${module}.${name}`)
      .at(0)
  return inspection.imports
    .map((found) => found.implements ?? found.name)
    .find((name) => !packages.some((one) => name.startsWith(`${one}/`)))
}
