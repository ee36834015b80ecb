import { describe, expect, it } from 'vitest'

import { recognizeToolchain, findToolchain, type ToolchainTraces } from '../../src/wasm/toolchain.ts'
import { readFixture } from '../support/fixtures.ts'
import { component, custom, leb, module, name, section, vec } from '../support/wasm-builder.ts'
import { inspectBytes } from './inspecting.ts'

const NOTHING: ToolchainTraces = { producers: {}, sections: [], imports: [], exports: [] }
const languages = (traces: Partial<ToolchainTraces>): string[] =>
  recognizeToolchain({ ...NOTHING, ...traces }).languages.map(({ name }) => name)

describe('recogniseToolchain()', () => {
  it('takes the words of the producers section and spells languages as people do', () => {
    const producers = {
      language: { Rust: '', C11: '', C_plus_plus_14: '' },
      'processed-by': { rustc: '1.88.0 (6b00bc388 2025-06-23)', clang: '21.1.4-wasi-sdk' },
      sdk: { Emscripten: '4.0.1' },
    }
    expect(recognizeToolchain({ ...NOTHING, producers })).toEqual({
      languages: [
        { name: 'Rust', basis: 'producers' },
        { name: 'C', version: '11', basis: 'producers' },
        { name: 'C++', version: '14', basis: 'producers' },
      ],
      tools: [
        { name: 'Emscripten', version: '4.0.1', basis: 'producers' },
        { name: 'rustc', version: '1.88.0 (6b00bc388 2025-06-23)', basis: 'producers' },
        { name: 'clang', version: '21.1.4-wasi-sdk', basis: 'producers' },
      ],
    })
  })

  it('does not spell what is no standard of C', () => {
    expect(languages({ producers: { language: { Carbon: '' } } })).toEqual(['Carbon'])
  })

  it.each<[string, Partial<ToolchainTraces>, string]>([
    ['gojs', { imports: [{ module: 'gojs', name: 'runtime.wasmExit' }] }, 'Go'],
    ['a build id', { sections: ['go:buildid'] }, 'Go'],
    ['TinyGo', { imports: [{ module: 'gojs', name: 'runtime.sleepTicks' }] }, 'Go'],
    ['wasm-bindgen', { imports: [{ module: './app_bg.js', name: '__wbg_length_e2d2' }] }, 'Rust'],
    ['napi-rs', { exports: ['memory', '__napi_register__Parse_1'] }, 'Rust'],
    [
      'exported runtime',
      { exports: ['__new', '__pin', '__unpin', '__collect', '__rtti_base'] },
      'AssemblyScript',
    ],
    ['minified', { imports: [{ module: 'a', name: 'b' }], exports: ['c', 'd'] }, 'C or C++'],
    ['system calls', { imports: [{ module: 'env', name: '__syscall_openat' }] }, 'C or C++'],
    ['dart2wasm', { imports: [{ module: 'dart2wasm', name: '_274' }] }, 'Dart'],
    ['moonrun', { imports: [{ module: '__moonbit_fs_unstable', name: 'begin_read_string' }] }, 'MoonBit'],
    ['Mono', { exports: ['mono_wasm_load_runtime'] }, '.NET'],
  ])('knows a language by its traces: %s', (_, traces, language) => {
    expect(languages(traces)).toEqual([language])
  })

  it('claims nothing about a module that tells nothing', () => {
    expect(recognizeToolchain({ ...NOTHING, exports: ['memory', '_start'] })).toEqual({
      languages: [],
      tools: [],
    })
    expect(languages({ imports: [{ module: 'a', name: 'b' }], exports: ['memory'] })).toEqual([])
  })

  it('keeps the claim of the producers where likeness would say less', () => {
    const traces = {
      producers: { language: { C99: '' } },
      imports: [{ module: 'env', name: 'emscripten_resize_heap' }],
    }
    expect(languages(traces)).toEqual(['C'])
  })
})

describe('toolchainOf()', () => {
  it('knows plain AssemblyScript by its one import', async () => {
    expect(findToolchain(await inspectBytes(readFixture('as-plain')))).toEqual({
      languages: [{ name: 'AssemblyScript', basis: 'imports' }],
      tools: [{ name: 'AssemblyScript', basis: 'imports' }],
    })
  })

  it('does not take the language of an adapter for that of the program', async () => {
    const { languages, tools } = findToolchain(await inspectBytes(readFixture('files-component')))
    expect(languages).toEqual([])
    expect(tools.map(({ name }) => name)).toEqual(['wit-component'])
  })

  it('takes the language of the module in a component that names none', async () => {
    const producers = (tool: string): number[] =>
      custom('producers', vec([...name('language'), ...vec([...name(tool), ...name('')])]))
    const named = (title: string): number[] => custom('name', 0, leb(name(title).length), name(title))
    const bytes = component(
      section(
        1,
        module(
          producers('Rust'),
          named('wit-component:adapter:wasi_snapshot_preview1'),
          custom('x', Array(99).fill(0)),
        ),
      ),
      section(1, module(producers('C11'))),
    )
    expect(findToolchain(await inspectBytes(bytes)).languages).toEqual([
      { name: 'C', version: '11', basis: 'producers' },
    ])
    const own = component(section(1, module(producers('C11'))), producers('JavaScript'))
    expect(findToolchain(await inspectBytes(own)).languages).toEqual([
      { name: 'JavaScript', basis: 'producers' },
    ])
  })

  it('does not mistake a stranger that aborts for AssemblyScript', () => {
    const imports = [{ module: 'env', name: 'abort', type: '() -> ()' }]
    expect(languages({ imports })).toEqual([])
  })
})
