import { describe, expect, it } from 'vitest'

import { findEntryPoints } from '../../src/wasm/entry-points.ts'
import { readFixture } from '../support/fixtures.ts'
import { inspectBytes } from './inspecting.ts'

const rolesOf = async (fixture: string): Promise<string[]> =>
  findEntryPoints(await inspectBytes(readFixture(fixture))).map(({ role }) => role)

describe('entryPoints()', () => {
  it.each([
    ['cpp-files', ['a command']],
    ['hello-component', ['a command']],
    ['http-serve', ['an HTTP server']],
    ['proxy-filter', ['a proxy-wasm 0.2.1 filter']],
    ['rust-custom', []],
    ['edge/wit-package', []],
  ])('tells what %s can be run as', async (fixture, roles) => {
    expect(await rolesOf(fixture)).toEqual(roles)
  })

  it('takes the interface that a labelled export implements, not its label', () => {
    const component = {
      kind: 'component',
      imports: [],
      exports: [{ name: 'start', implements: 'wasi:cli/run@0.2.3', kind: 'instance' }],
      nested: { modules: 0, components: 0 },
      size: 0,
      features: [],
      customSections: [],
      producers: {},
      metadata: {},
    } as unknown as Parameters<typeof findEntryPoints>[0]
    expect(findEntryPoints(component)).toEqual([{ role: 'a command', export: 'wasi:cli/run@0.2.3' }])
  })
})
