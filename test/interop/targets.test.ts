import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { findMisfits } from '../../src/capabilities/targets/fit.ts'
import type { WorldTarget } from '../../src/capabilities/targets/run-target.ts'
import { listWorlds } from '../../src/capabilities/targets/wit-worlds.ts'
import { loadWorld } from '../../src/delivery/targets/wit-source.ts'
import { inParallel } from '../../src/in-parallel.ts'
import { inspectBytes } from '../wasm/inspecting.ts'
import { runChild, transcript } from '../support/child.ts'
import { fixtureImports, fixtureNames, fixturePath } from '../support/fixtures.ts'
import { needsPeers, peer } from './peer.ts'
import { TEMPLATES, variantsOf } from './wit-variants.ts'

needsPeers('wasm-tools')

const ASSETS = join(import.meta.dirname, '../../assets/wit')

let work: string
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'wasmpack-targets-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

const WORKERS = 4

async function wasmTools(...args: readonly string[]): Promise<boolean> {
  const run = await runChild(peer('wasm-tools'), args, { env: {}, timeout: 60_000 })
  if (run.exit !== 0 && run.exit !== 1) throw new Error(transcript(run))
  return run.exit === 0
}

/** What wasm-tools answers for a component and a world in a file, of text or binary. */
const targets = (world: string, file: string, component: string): Promise<boolean> =>
  wasmTools('component', 'targets', '--semver-compatible', '-w', world, file, component)

/** A world, and a component that imports and exports all of it. */
interface Variant {
  readonly wit: string
  readonly world: WorldTarget
  readonly component: string
}

/** Undefined for what wasm-tools makes no component of. */
async function build(name: string, text: string): Promise<Variant | undefined> {
  const file = (extension: string): string => join(work, `${name}.${extension}`)
  writeFileSync(file('wit'), text)
  const made =
    (await wasmTools('component', 'embed', '--dummy', file('wit'), '-o', file('core.wasm'))) &&
    (await wasmTools('component', 'new', file('core.wasm'), '-o', file('wasm')))
  if (!made) return undefined
  return { wit: file('wit'), world: await loadWorld(file('wit'), undefined), component: file('wasm') }
}

interface Cell {
  readonly component: string
  readonly world: WorldTarget
  readonly file: string
}

/** Both have to give the same answer in each cell; gives how many there were and in how many it was yes. */
async function compare(
  cells: readonly Cell[],
): Promise<{ readonly cells: number; readonly fitting: number }> {
  const answers = await inParallel(cells, WORKERS, async ({ component, world, file }) => {
    const found = findMisfits(await inspectBytes(readFileSync(component)), world).map(
      ({ message }) => message,
    )
    const theirs = await targets(world.name, file, component)
    expect(found.length === 0, `${component} for ${world.name} of ${file}: ${found.join('; ')}`).toBe(theirs)
    return theirs
  })
  return { cells: cells.length, fitting: answers.filter(Boolean).length }
}

test.each(Object.keys(TEMPLATES))(
  'worlds of %s as WIT text, and components that differ a little',
  { timeout: 300_000 },
  async (name) => {
    const texts = variantsOf(TEMPLATES[name]!, 16, 4)
    const built = await inParallel([...texts.entries()], WORKERS, ([index, text]) =>
      build(`${name}-${index}`, text),
    )
    const variants = built.filter((variant) => variant !== undefined)
    expect(variants.length).toBeGreaterThan(12)
    const cells = variants.flatMap(({ component }) =>
      variants.map(({ world, wit }) => ({ component, world, file: wit })),
    )
    const { fitting } = await compare(cells)
    expect(fitting).toBeGreaterThanOrEqual(variants.length)
    expect(fitting).toBeLessThan(cells.length)
  },
)

test('fixtures and bundled worlds', { timeout: 300_000 }, async () => {
  const components = fixtureNames().filter((name) => fixtureImports(name).kind === 'component')
  const packages = readdirSync(ASSETS).filter((file) => file.endsWith('.wasm'))
  const cells: Cell[] = []
  for (const file of packages.map((name) => join(ASSETS, name)))
    for (const world of listWorlds(await inspectBytes(readFileSync(file))))
      for (const name of components) cells.push({ component: fixturePath(name), world, file })
  const { fitting } = await compare(cells)
  expect(cells.length).toBeGreaterThan(150)
  expect(fitting).toBeGreaterThan(10)
})
