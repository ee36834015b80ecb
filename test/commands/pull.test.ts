import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { publishArtifact } from '../../src/delivery/publish.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { EPOCH, openFixture, capabilitiesOf, prepareWhole } from '../delivery/scene.ts'
import { readFixture } from '../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../support/in-process.ts'
import { opened } from '../support/registry/opened.ts'

/** A registry with modules in it: the repository, and the fixture and the title of what its tag `1` names. */
async function holding(artifacts: Readonly<Record<string, readonly [fixture: string, title: string]>>) {
  const { registry, options } = await opened()
  for (const [repository, [fixture, title]] of Object.entries(artifacts)) {
    const target = openRegistry({ kind: 'registry', registry: registry.host, repository }, options)
    const prepared = await prepareWhole(await openFixture(fixture), {
      title,
      capabilities: capabilitiesOf(fixture),
      annotations: {},
      created: EPOCH,
    })
    await publishArtifact(prepared, { target, tags: ['1', 'latest'], signedAt: EPOCH }, {})
  }
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-pull-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const out = join(directory, 'out')
  return {
    registry,
    out,
    pull: (...references: readonly string[]): Promise<InProcessRun> =>
      runCommand([
        'pull',
        '--output-dir',
        out,
        '--insecure-ignore-signature',
        '--format',
        'json',
        ...references.map((reference) => `${registry.host}/${reference}`),
      ]),
  }
}

test.each([false, true])(
  'of two artifacts with one file name the first has it, the other is an error that names both (answers late: %s)',
  async (late) => {
    const { registry, out, pull } = await holding({
      'team/one': ['as-hello', 'app.wasm'],
      'team/two': ['zig-hello', 'app.wasm'],
      'team/three': ['rust-hello', 'other.wasm'],
    })
    if (late)
      registry.fault({ path: /one\/manifests/, times: 1, fault: { kind: 'status', status: 503, body: '' } })
    const { error } = await pull('team/one:1', 'team/two:1', 'team/three:1')
    expect(error).toMatchObject({
      code: 'USAGE',
      exit: 2,
      message: `1 of 3 failed; most severe: its module is called app.wasm, and so is that of the other artifact ${registry.host}/team/one:1`,
    })
    expect(readdirSync(out).toSorted()).toEqual(['app.wasm', 'other.wasm'])
    expect(readFileSync(join(out, 'app.wasm')).equals(readFixture('as-hello'))).toBe(true)
  },
)

test('an artifact that several references name is pulled once and told for each', async () => {
  const { registry, out, pull } = await holding({ 'team/one': ['as-hello', 'app.wasm'] })
  const before = registry.requests().length
  const { error, json } = await pull('team/one:1', 'team/one:latest', 'team/one:1')
  expect(error).toBeUndefined()
  const { results } = json as { results: readonly { url: string }[] }
  expect(results).toHaveLength(3)
  expect(new Set(results.map(({ url }) => url)).size).toBe(1)
  const fetched = registry.requests().slice(before)
  expect(fetched.filter((line) => line.startsWith('GET /v2/team/one/blobs/'))).toHaveLength(1)
  expect(readdirSync(out)).toEqual(['app.wasm'])
})

test('the same artifact in two repositories is one file', async () => {
  const { out, pull } = await holding({
    'team/one': ['as-hello', 'app.wasm'],
    'team/two': ['as-hello', 'app.wasm'],
  })
  const { error } = await pull('team/one:1', 'team/two:1')
  expect(error).toBeUndefined()
  expect(readdirSync(out)).toEqual(['app.wasm'])
})

test('an artifact that is refused has its name all the same, and fails for each reference to it', async () => {
  const { registry, out, pull } = await holding({
    'team/one': ['as-hello', 'app.wasm'],
    'team/two': ['zig-hello', 'app.wasm'],
  })
  registry.fault({ path: /one\/blobs/, fault: { kind: 'flip' } })
  const { error } = await pull('team/one:1', 'team/one:latest', 'team/two:1')
  expect(error).toMatchObject({
    code: 'DIGEST_MISMATCH',
    message: expect.stringContaining('3 of 3 failed') as string,
  })
  expect(existsSync(out) ? readdirSync(out) : []).toEqual([])
})

test('a module is not written to a terminal, under whatever name, and nothing is requested', async () => {
  const { registry } = await holding({ 'team/one': ['as-hello', 'app.wasm'] })
  const before = registry.requests().length
  const isTTY = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
  Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true })
  onTestFinished(() =>
    isTTY === undefined
      ? void Reflect.deleteProperty(process.stdout, 'isTTY')
      : void Object.defineProperty(process.stdout, 'isTTY', isTTY),
  )
  const { error } = await runCommand([
    'pull',
    `${registry.host}/team/one:1`,
    '-o',
    '-',
    '--insecure-ignore-signature',
  ])
  expect(error).toMatchObject({
    code: 'USAGE',
    exit: 2,
    message: 'stdout is a terminal, and a module is binary',
    hint: 'pass -o FILE, or redirect stdout',
  })
  expect(registry.requests()).toHaveLength(before)
})
