import { describe, expect, test } from 'vitest'

import type { Enforcement } from '../../../src/gitops/render/enforcement.ts'
import { listAllowedCapabilities } from '../../../src/gitops/render/proxy-filter.ts'
import { RENDER_TARGETS, requireEnforced } from '../../../src/gitops/render/render.ts'
import type { Inspection } from '../../../src/wasm/types/inspection.ts'
import { judgeSample, listNarrowGrants, SAMPLE_BOUNDS } from '../../support/run-page.ts'
import { readFixture } from '../../support/fixtures.ts'
import { inspectComponent, inspectModule } from '../../wasm/inspecting.ts'
import { DIGEST, findTarget, renderFixture } from './scene.ts'

const enforcementOf = async (...args: Parameters<typeof renderFixture>): Promise<readonly Enforcement[]> =>
  (await renderFixture(...args)).enforcement

test('the table of docs/run.md has every grant that could be narrowed', () => {
  const keys = new Set(SAMPLE_BOUNDS.map(({ bound }) => bound.key))
  expect(listNarrowGrants().filter((grant) => !keys.has(grant))).toEqual([])
})

test('what a target has nothing for is kept by nobody, and never by silence', () => {
  const secrets = SAMPLE_BOUNDS.find(({ bound }) => bound.key === 'secrets')
  for (const target of RENDER_TARGETS) expect(judgeSample(secrets!, target)).toBe('nobody')
})

test('an unused grant is kept, since no import needs it', async () => {
  const spec =
    '{onUnused: ignore, grants: {stdio: [stdout, stderr], env: {names: []}, secrets: {keys: [token]}}}'
  expect(await enforcementOf('rust-hello', 'wasmtime', { spec })).toContainEqual({
    grant: 'secrets',
    by: 'runtime',
    note: 'no import needs it',
  })
})

test('parts of one list are told apart by who keeps them', async () => {
  const spec = `{grants: {random: true, http: {outgoing: {hosts: ["https://10.0.0.1", "https://a.test", "*:443"]}}}}`
  const found = (await enforcementOf('http-fetch', 'runwasi', { spec })).filter(
    ({ grant }) => grant === 'http.outgoing',
  )
  expect(found).toMatchObject([
    { by: 'object', items: ['https://10.0.0.1', '*:443'], field: 'NetworkPolicy spec.egress' },
    { by: 'nobody', items: ['https://a.test'] },
  ])
})

test('a directory that is only read is kept by a pod, and by nobody under Wasmtime', async () => {
  const spec =
    '{grants: {stdio: [stdin, stdout, stderr], filesystem: [{guest: /data, mode: rw}, {guest: /etc, mode: ro}]}}'
  const directories = new Map([
    ['/data', 'd'],
    ['/etc', 'e'],
  ])
  expect(await enforcementOf('c-files', 'wasmtime', { spec, options: { directories } })).toMatchObject([
    { grant: 'stdio' },
    { grant: 'filesystem', by: 'object', items: ['/data (rw)'], field: '--dir' },
    { grant: 'filesystem', by: 'nobody', items: ['/etc (ro)'] },
  ])
  expect(await enforcementOf('c-files', 'runwasi', { spec })).toMatchObject([
    { grant: 'stdio' },
    { grant: 'filesystem', by: 'object', field: 'Deployment spec.template.spec.containers[0].volumeMounts' },
  ])
})

test('the tighter of two capability manifests and of a policy holds', async () => {
  const grants = 'grants: {stdio: [stdout, stderr], env: {names: [A, B]}}'
  const rendered = await renderFixture('rust-hello', 'wasmtime', {
    spec: `{${grants}, limits: {memory: {maxPages: 64}}}`,
    narrowedBy: '{grants: {stdio: [stdout, stderr], env: {names: [B, C]}}, limits: {memory: {maxPages: 48}}}',
    policyLimits: [{ memory: { maxPages: 32 } }],
  })
  expect(rendered).toMatchObject({
    argv: [
      'wasmtime',
      'run',
      '-S',
      'inherit-stdin=n',
      '--env=B',
      '-W',
      'max-memory-size=2097152',
      'app.wasm',
    ],
  })
})

test('a filter lists its callbacks, and no list is empty', async () => {
  const filter = await inspectModule(readFixture('proxy-filter'))
  expect(listAllowedCapabilities(filter)).toEqual(
    [
      ...filter.imports.map(({ name }) => name),
      ...filter.exports.map(({ name }) => name).filter((name) => name.startsWith('proxy_on_')),
    ].toSorted(),
  )
  expect(listAllowedCapabilities({ ...filter, imports: [], exports: [] })).toEqual(['none'])
})

test('a name of --allow-unenforced is the grant or its group, and nothing that only begins like it', async () => {
  const rendered = await renderFixture('http-fetch', 'wasmtime')
  const target = findTarget('wasmtime')
  for (const name of ['http', 'http.outgoing'])
    expect(() => requireEnforced(rendered, target, [name])).not.toThrow()
  for (const name of ['', 'h', 'http.out', 'filesystem'])
    expect(() => requireEnforced(rendered, target, [name])).toThrow('nothing enforces http.outgoing')
})

/** A component of WASI 0.3 in place of 0.2, in its imports, its exports or both. */
async function inspectNewer(name: string, ...parts: readonly ('imports' | 'exports')[]) {
  const inspection = await inspectComponent(readFixture(name))
  const renew = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
    all.map((one) => Object.assign({}, one, { name: one.name.replace(/@0\.2\.\d+/, '@0.3.0') }))
  return Object.assign(
    {},
    inspection,
    Object.fromEntries(parts.map((part) => [part, renew(inspection[part])])),
  )
}

describe('a component for WASI 0.3', () => {
  const request = {
    reference: { repository: 'r.test/app', digest: DIGEST },
    form: 'wasm',
    bounds: { all: [], grants: { http: { incoming: true } }, limits: {} },
    options: { name: 'app' },
  } as const

  test('is refused for the shims of runwasi, which have 0.2', async () => {
    const inspection = await inspectComponent(readFixture('http-serve'))
    expect(findTarget('runwasi').render({ ...request, inspection }).kind).toBe('objects')
    for (const part of ['imports', 'exports'] as const) {
      const newer = await inspectNewer('http-serve', part)
      expect(() => findTarget('runwasi').render({ ...request, inspection: newer })).toThrow(
        'it needs WASI 0.3, and there is 0.2',
      )
    }
  })

  test.each(['wasmtime', 'wasmcloud', 'spin'])(
    'is rendered for %s, with the version that it takes',
    async (name) => {
      const render = (inspection: Inspection): readonly string[] =>
        findTarget(name).render({ ...request, inspection }).notes ?? []
      const older = await inspectComponent(readFixture('http-serve'))
      expect(render(older).join()).not.toContain('WASI 0.3')
      expect(render(await inspectNewer('http-serve', 'imports', 'exports')).join()).toContain(
        'the component needs WASI 0.3, ',
      )
    },
  )
})

test('Spin gets no component without an HTTP handler, which its shim could not serve', async () => {
  await expect(renderFixture('hello-component', 'spin')).rejects.toThrow('it exports no HTTP handler')
})
