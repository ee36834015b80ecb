import { describe, expect, test } from 'vitest'

import { CORE_TARGETS } from '../../../src/capabilities/targets/core-targets.ts'
import { findMisfits } from '../../../src/capabilities/targets/fit.ts'
import type { CoreExport, CoreImport } from '../../../src/wasm/types/inspection.ts'
import { component, core } from '../samples.ts'

const PREVIEW = 'wasi_snapshot_preview1'

const problems = (
  target: string,
  imports: readonly (Partial<CoreImport> & { name: string })[],
  exports: readonly CoreExport[],
): readonly string[] =>
  findMisfits({ ...core(...imports), exports }, CORE_TARGETS.get(target)!()).map(({ message }) => message)

const memory: CoreExport = { name: 'memory', kind: 'memory' }
const exporting = (...names: readonly string[]): readonly CoreExport[] => [
  memory,
  ...names.map((name) => ({ name, kind: 'func' as const })),
]

describe('wasip1', () => {
  const random = { module: PREVIEW, name: 'random_get', type: '(i32, i32) -> (i32)' }

  test('takes a command and a reactor that import functions of WASI 0.1', () => {
    expect(problems('wasip1', [random, random], exporting('_start'))).toEqual([])
    expect(problems('wasip1', [], exporting('_initialize'))).toEqual([])
  })

  test('takes nothing of another type, kind, name or module', () => {
    const odd = [
      { ...random, type: '(i32, i64) -> (i32)' },
      { ...random, kind: 'global' as const, type: 'i32' },
      { module: PREVIEW, name: 'sock_open' },
      { module: 'env', name: 'memory', kind: 'memory' as const, type: 'memory 1' },
    ]
    expect(problems('wasip1', odd, exporting('_start'))).toEqual([
      `${PREVIEW}.random_get has the type (i32, i32) -> (i32) in wasip1, but is imported as (i32, i64) -> (i32)`,
      `${PREVIEW}.random_get is a function in wasip1, but is imported as a global`,
      `${PREVIEW}.sock_open is not offered by wasip1`,
      'env.memory is not offered by wasip1, which has no module "env"',
    ])
  })

  test('names each odd import once', () => {
    expect(problems('wasip1', [{ name: 'f' }, { name: 'f' }], exporting('_start'))).toHaveLength(1)
  })

  test('expects a memory and an entry point', () => {
    expect(problems('wasip1', [], [{ name: '_start', kind: 'global' }])).toEqual([
      'the module exports no memory named "memory", which the host reads and writes: wasip1 expects it',
      'the module exports neither "_start" of a command nor "_initialize" of a reactor: wasip1 expects one of them',
    ])
  })
})

describe('proxy-wasm', () => {
  const log = { name: 'proxy_log', type: '(i32, i32, i32) -> (i32)' }
  const exports = exporting('proxy_abi_version_0_2_1', 'malloc')

  test('takes a filter of its version, with what WASI its hosts serve', () => {
    const wasi = { module: 'wasi_unstable', name: 'fd_write', type: '(i32, i32, i32, i32) -> (i32)' }
    expect(problems('proxy-wasm@0.2.1', [log, wasi], exports)).toEqual([])
  })

  test('tells the versions apart by what is imported and by the marker', () => {
    const level = { name: 'proxy_get_log_level', type: '(i32) -> (i32)' }
    expect(problems('proxy-wasm@0.2.1', [level], exports)).toEqual([])
    expect(problems('proxy-wasm@0.2.0', [level], exports)).toEqual([
      'env.proxy_get_log_level is not offered by proxy-wasm@0.2.0',
      expect.stringContaining('the module exports no "proxy_abi_version_0_2_0"'),
    ])
    const older = exporting('proxy_abi_version_0_1_0', 'proxy_on_memory_allocate')
    expect(
      problems('proxy-wasm@0.1.0', [{ name: 'proxy_continue_request', type: '() -> (i32)' }], older),
    ).toEqual([])
  })

  test('offers no signals and expects an allocator', () => {
    const raise = { module: PREVIEW, name: 'proc_raise', type: '(i32) -> (i32)' }
    expect(problems('proxy-wasm@0.2.1', [raise], exporting('proxy_abi_version_0_2_1'))).toEqual([
      `${PREVIEW}.proc_raise is not offered by proxy-wasm@0.2.1`,
      expect.stringContaining('the module exports neither "malloc" nor "proxy_on_memory_allocate"'),
    ])
  })
})

test('a component is no core module', () => {
  expect(findMisfits(component({}), CORE_TARGETS.get('wasip1')!())).toMatchObject([
    { rule: 'incompatible', message: expect.stringContaining('expects a core module, found a component') },
  ])
})
