import { CORE_TARGETS } from '../../capabilities/targets/core-targets.ts'
import { findMisfits } from '../../capabilities/targets/fit.ts'
import type { RunTarget, WorldTarget } from '../../capabilities/targets/run-target.ts'
import { listWorlds } from '../../capabilities/targets/wit-worlds.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import { createBytesCursor } from '../../wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../wasm/inspect-binary.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { readAsset } from '../assets.ts'

const VERSIONS = ['0.2.12', '0.3.0'] as const
type Version = (typeof VERSIONS)[number]

/** What stands for all that a host of a version of WASI offers. */
const HOSTS: Readonly<Record<string, Version>> = { wasip2: '0.2.12', wasip3: '0.3.0' }

/** The worlds that are bundled, by package. */
const WORLDS: Readonly<Record<string, Readonly<Partial<Record<Version, readonly string[]>>>>> = {
  'wasi:cli': { '0.2.12': ['command', 'imports'], '0.3.0': ['command', 'imports'] },
  'wasi:clocks': { '0.2.12': ['imports'], '0.3.0': ['imports'] },
  'wasi:filesystem': { '0.2.12': ['imports'], '0.3.0': ['imports'] },
  'wasi:http': { '0.2.12': ['imports', 'proxy'], '0.3.0': ['middleware', 'service'] },
  'wasi:io': { '0.2.12': ['imports'] },
  'wasi:random': { '0.2.12': ['imports'], '0.3.0': ['imports'] },
  'wasi:sockets': { '0.2.12': ['imports'], '0.3.0': ['imports'] },
}

export { createTargetRequirement, findMisfits } from '../../capabilities/targets/fit.ts'

/** Where modules run most: what {@link findCompatibleTargets} tries. */
const COMMON: readonly string[] = [
  ...CORE_TARGETS.keys(),
  'wasip2',
  'wasi:cli/command@0.2.12',
  'wasi:http/proxy@0.2.12',
  'wasip3',
  'wasi:cli/command@0.3.0',
  'wasi:http/service@0.3.0',
]

/** Every target that needs no WIT of the user's, as its name is written in full. */
export const listBundledTargets = (): readonly string[] => [
  ...CORE_TARGETS.keys(),
  ...Object.keys(HOSTS),
  ...Object.entries(WORLDS).flatMap(([owner, versions]) =>
    Object.entries(versions).flatMap(([version, worlds]) =>
      worlds.map((world) => `${owner}/${world}@${version}`),
    ),
  ),
]

/** Whether {@link loadBundledTarget} knows a name. */
export const isBundledTarget = (name: string): boolean =>
  CORE_TARGETS.has(name) || Object.hasOwn(HOSTS, name) || parseVersions(name).meant.length === 1

/** A target by its name: `wasip1`, `proxy-wasm@0.2.1`, `wasi:cli/command@0.2`. Throws USAGE for one that is not bundled. */
export async function loadBundledTarget(name: string): Promise<RunTarget> {
  const core = CORE_TARGETS.get(name)
  if (core !== undefined) return core()
  if (Object.hasOwn(HOSTS, name)) {
    const version = HOSTS[name]!
    return Object.assign({}, await loadBundledWorld('targets', version, `wasmpack:targets/${name}`), { name })
  }
  return findBundledWorld(name)
}

/** Of the targets where modules run most, those that a binary fits. */
export async function findCompatibleTargets(inspection: Inspection): Promise<readonly string[]> {
  if (inspection.kind === 'wit') return []
  const fitting: string[] = []
  for (const name of COMMON) {
    if (CORE_TARGETS.has(name) !== (inspection.kind === 'module')) continue
    if (findMisfits(inspection, await loadBundledTarget(name)).length === 0) fitting.push(name)
  }
  return fitting
}

/**
 * A target by its name: from WIT that was given, or bundled. Without a name the WIT must have one world only. Throws USAGE
 * for one that is nowhere.
 */
export async function loadTarget(name: string | undefined, wit: string | undefined): Promise<RunTarget> {
  if (wit === undefined) return loadBundledTarget(name ?? '')
  if (name !== undefined && (CORE_TARGETS.has(name) || Object.hasOwn(HOSTS, name)))
    return loadBundledTarget(name)
  const { loadWorld } = await import('./wit-source.ts')
  return loadWorld(wit, name)
}

const loaded = new Map<string, Promise<readonly WorldTarget[]>>()

async function loadBundledWorld(file: string, version: Version, name: string): Promise<WorldTarget> {
  const path = `${file}-${version}.wasm`
  let worlds = loaded.get(path)
  if (worlds === undefined) {
    worlds = readAsset(`wit/${path}`).then((bytes) =>
      inspectBinary(createBytesCursor(bytes)).then(listWorlds),
    )
    loaded.set(path, worlds)
  }
  const world = (await worlds).find((each) => each.name === `${name}@${version}`)
  if (world === undefined) throw new Error(`the bundled ${path} has no world ${name}`)
  return world
}

function parseVersions(name: string): {
  readonly path: string
  readonly version: string | undefined
  /** The versions in which there is such a world, and those of them that are meant. */
  readonly having: readonly Version[]
  readonly meant: readonly Version[]
} {
  const [path, version] = name.split('@', 2) as [string, string | undefined]
  const [owner, world] = path.split('/', 2) as [string, string | undefined]
  const versions = Object.hasOwn(WORLDS, owner) ? WORLDS[owner]! : {}
  const having = VERSIONS.filter((each) => world !== undefined && versions[each]?.includes(world))
  const meant = having.filter((each) => version === each || version === each.replace(/\.\d+$/, ''))
  return { path, version, having, meant: having.length === 1 && version === undefined ? having : meant }
}

function findBundledWorld(name: string): Promise<WorldTarget> {
  const { path, version, having, meant } = parseVersions(name)
  if (meant.length === 1) return loadBundledWorld(path.replace(/\/.*/, '').replace(':', '-'), meant[0]!, path)
  const known = having.map((each) => `${path}@${each}`).join(' or ')
  if (having.length === 0)
    throw new WasmpackError('USAGE', `unknown target ${quoted(name)}`, {
      hint: `use ${COMMON.join(', ')} or another WASI world; for any other world pass its WIT with --wit`,
    })
  throw new WasmpackError(
    'USAGE',
    version === undefined
      ? `there are several versions of the target ${quoted(name)}`
      : `the target ${quoted(name)} is not bundled in this version`,
    { hint: `use ${known}, or pass the WIT of another version with --wit` },
  )
}
