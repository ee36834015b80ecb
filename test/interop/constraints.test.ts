import { execFileSync, spawnSync } from 'node:child_process'

import { describe, expect, test } from 'vitest'

import { granting } from '../capabilities/samples.ts'
import { collectEvidence } from '../../src/delivery/collect-evidence.ts'
import { judgeModule } from '../../src/delivery/judge.ts'
import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { BASELINES, type Baseline } from '../../src/wasm/binary/features.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import { fixtureNames, fixturePath, readFixture } from '../support/fixtures.ts'
import { needsPeers, peer } from './peer.ts'

needsPeers('wasm-tools')

const names = fixtureNames().filter((name) => !name.endsWith('wit-package'))

interface Place {
  readonly kind: string
  readonly depth: number
  readonly offset: number
  readonly size: number
}

/** What lies inside a component according to wasm-tools objdump, which indents by two for each level. */
function nestedByWasmTools(file: string): Place[] {
  const text = execFileSync(peer('wasm-tools'), ['objdump', file], { encoding: 'utf8' })
  const line = /^( +)(module|component) +\| +0x([0-9a-f]+) - +0x[0-9a-f]+ \| +(\d+) bytes/gm
  return [...text.matchAll(line)].map(([, indent, kind, offset, size]) => ({
    kind: kind!,
    depth: indent!.length / 2,
    offset: Number.parseInt(offset!, 16),
    size: Number(size),
  }))
}

describe('what is nested', () => {
  test.each(names)('in %s lies where wasm-tools finds it', async (name) => {
    const inspection = await inspectBinary(createBytesCursor(readFixture(name)))
    const contents = inspection.kind === 'component' ? inspection.nested.contents : []
    const places = contents.map(({ kind, depth, offset, size }) => ({ kind, depth, offset, size }))
    expect(places).toEqual(nestedByWasmTools(fixturePath(name)))
  })
})

/** As wasm-tools names them; it counts threads to 3.0, which the specification does not. */
const VERSIONS: Readonly<Record<Baseline, string>> = {
  'wasm-1.0': 'wasm1',
  'wasm-2.0': 'wasm2',
  'wasm-3.0': 'wasm3,-threads',
  lime1: 'lime1',
}

describe('features', () => {
  test.each(
    names.flatMap((name) =>
      (Object.keys(BASELINES) as Baseline[]).map((baseline) => [name, baseline] as const),
    ),
  )('of %s are within %s exactly if wasm-tools accepts it with these alone', async (name, baseline) => {
    const manifest = granting({})
    const request = { manifests: [{ ...manifest, spec: { ...manifest.spec, features: { baseline } } }] }
    const verdict = await judgeModule(
      await collectEvidence(createBytesCursor(readFixture(name)), true),
      request,
    )
    const versions = `--features=${VERSIONS[baseline]},component-model`
    const { status } = spawnSync(peer('wasm-tools'), ['validate', versions, fixturePath(name)])
    expect(verdict.findings.some(({ rule }) => rule === 'feature-not-allowed')).toBe(status !== 0)
  })
})
