import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { inParallel } from '../../src/in-parallel.ts'
import { corpusPath } from '../stack/peers.ts'
import { FIXTURES } from '../support/fixtures.ts'
import { binariesIn } from './corpus.ts'
import { explanationOf } from './deviations.ts'
import { compare, emptyTally, type Tally } from './differential.ts'
import { writeComponents, writeSmithModules } from './generated-binaries.ts'
import { needsCorpus, needsPeers } from './peer.ts'

needsPeers('wasm-tools')
needsCorpus()

const PROCESSES = 2
const TIMEOUT = 900_000
/** How many different binaries must have been compared. */
const ENOUGH = 300
/** The share of a binary above 10 MB that is read to list it, of most; one with many exported symbols has more to list. */
const SHARE_READ = 0.01

const tallies = new Map<string, Tally>()
/** Of the binaries above 10 MB; the one of which most is read first. */
const largest = (): Tally['large'] =>
  [...tallies.values()].flatMap(({ large }) => large).sort((one, other) => share(other) - share(one))
const share = ({ bytesRead, size }: Tally['large'][number]): number => bytesRead / size

const total = (count: (tally: Tally) => number): number =>
  [...tallies.values()].reduce((sum, tally) => sum + count(tally), 0)

/** Compares everything in a directory; what differs and is not explained fails the test. */
async function compareAll(source: string, directory: string): Promise<void> {
  const tally = emptyTally()
  await inParallel(binariesIn(directory), PROCESSES, (binary) => compare(binary, tally))
  tallies.set(source, tally)
  expect(tally.differences.filter((difference) => explanationOf(difference) === undefined)).toEqual([])
}

test.each(['npm', 'pypi', 'crates', 'core'])(
  'what %s has is listed as wasm-tools and Node list it',
  { timeout: TIMEOUT },
  (source) => compareAll(source, join(corpusPath()!, source)),
)

test('the fixtures are listed as wasm-tools and Node list them', { timeout: TIMEOUT }, () =>
  compareAll('fixtures', FIXTURES),
)

test.each([
  ['smith', 200, writeSmithModules],
  ['generated components', 300, writeComponents],
] as const)(
  '%s are listed as wasm-tools and Node list them',
  { timeout: TIMEOUT },
  async (source, count, write) => {
    const directory = mkdtempSync(join(tmpdir(), 'wasmpack-generated-'))
    try {
      write(directory, count)
      await compareAll(source, directory)
      expect(tallies.get(source)).toMatchObject({ files: count, refused: 0 })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
)

test('enough was compared', () => {
  expect(total(({ modules, components }) => modules + components)).toBeGreaterThan(ENOUGH)
  expect(total(({ components }) => components)).toBeGreaterThan(ENOUGH)
  expect(total(({ byNode }) => byNode)).toBeGreaterThan(ENOUGH)
})

test('of a large binary little is read', () => {
  const found = largest()
  expect(found.length).toBeGreaterThan(10)
  expect(share(found[Math.floor(found.length / 2)]!)).toBeLessThan(SHARE_READ)
})

afterAll(() => {
  console.table(Object.fromEntries([...tallies].map(([source, tally]) => [source, summary(tally)])))
  console.table(
    largest().map((binary) => ({
      binary: basename(binary.name),
      bytes: binary.size,
      read: binary.bytesRead,
      share: `${(100 * share(binary)).toFixed(2)} %`,
    })),
  )
})

function summary(tally: Tally): object {
  const { files, refused, modules, components, nested, imports, exports, byNode, byWit, unresolved } = tally
  const explained = tally.differences.filter((found) => explanationOf(found) !== undefined).length
  const differences = tally.differences.length - explained
  return {
    files,
    refused,
    modules,
    components,
    nested,
    imports,
    exports,
    byNode,
    byWit,
    unresolved,
    explained,
    differences,
  }
}
