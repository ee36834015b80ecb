import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { CapabilityManifest } from '../../capabilities/manifest/manifest.ts'
import { SourceMap } from '../../documents/source-map.ts'
import { WasmpackError } from '../../errors.ts'
import { readText } from './text-file.ts'

const SHARED_NAME = 'wasmpack.capabilities.yaml'

/** `app.wasm` -> `app.capabilities.yaml`: where a module's capability manifest is written and looked for first. */
export const adjacentCapabilityPath = (modulePath: string): string =>
  `${modulePath.replace(/\.wasm$/, '')}.capabilities.yaml`

export interface CapabilityFile {
  readonly path: string
  readonly manifest: CapabilityManifest
  /** Where its parts stand, read when it is asked for. */
  readonly sourceMap: () => SourceMap
}

export async function readCapabilityFile(path: string, signal?: AbortSignal): Promise<CapabilityFile> {
  const name = path === '-' ? 'stdin' : path
  const text = await readText(path, 'capability manifest', signal)
  const { parseCapabilityManifestNode, parseCapabilityManifest } =
    await import('../../capabilities/manifest/manifest-text.ts')
  return {
    path: name,
    manifest: parseCapabilityManifest(text, name),
    sourceMap: () => new SourceMap(parseCapabilityManifestNode(text, name)),
  }
}

/** The capability manifest given, else the module's own, else the one shared by its directory. Throws CAPABILITY_MANIFEST_MISSING. */
export async function findCapabilityFile(
  modulePath: string,
  given: string | undefined,
  signal?: AbortSignal,
): Promise<CapabilityFile> {
  if (given !== undefined) return readCapabilityFile(given, signal)
  const found = await findAdjacentCapabilityFile(modulePath)
  if (found !== undefined) return found
  throw new WasmpackError(
    'CAPABILITY_MANIFEST_MISSING',
    `no capability manifest for ${modulePath}: neither ${listAdjacentPaths(modulePath).join(' nor ')} exists`,
    {
      hint: `write one with: wasmpack init ${modulePath}`,
    },
  )
}

/** The module's own, else the one shared by its directory, if there is one. */
export async function findAdjacentCapabilityFile(modulePath: string): Promise<CapabilityFile | undefined> {
  for (const path of listAdjacentPaths(modulePath))
    if (await fileExists(path)) return readCapabilityFile(path)
  return undefined
}

const listAdjacentPaths = (modulePath: string): readonly string[] => [
  adjacentCapabilityPath(modulePath),
  join(dirname(modulePath), SHARED_NAME),
]

const fileExists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
