import { expect, test } from 'vitest'

import { WasmpackError } from '../../../src/errors.ts'
import { COMPONENT_HEADER, MODULE_HEADER } from '../../support/wasm-builder.ts'
import { inspectBytes, refusal, without } from '../inspecting.ts'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

test.each([
  ['an empty file', [], 'the file is empty'],
  ['a magic number that is cut off', [0x00, 0x61, 0x73], 'the file is truncated: found 3 bytes'],
  ['a header that is cut off', MODULE_HEADER.slice(0, 7), 'the file is truncated: found 7 bytes'],
  ['gzip', [0x1f, 0x8b, 0x08, 0x00], 'the file is compressed with gzip'],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd], 'the file is compressed with zstd'],
  [
    'ELF, as .cwasm files are',
    [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0],
    'the file is native or precompiled code',
  ],
  ['an AOT module', [0x00, 0x61, 0x6f, 0x74, 3, 0, 0, 0], 'the file is native or precompiled code'],
  ['other bytes', [0x00, 0x01, 0x02, 0x03, 0x04], 'the file has an unknown format'],
  ['WebAssembly text', text('\n(module)'), 'the file is WebAssembly text'],
  ['a WIT file', text('package wasi:cli@0.2.0;'), 'the file is WIT text'],
  ['a text file', text('#!/bin/sh\n'), 'the file is text'],
  [
    'a module of version 2',
    [...MODULE_HEADER.slice(0, 4), 2, 0, 0, 0],
    'unknown module version 2, expected 1',
  ],
  [
    'an older component',
    [...COMPONENT_HEADER.slice(0, 4), 0x0c, 0, 1, 0],
    'unknown component version 12, expected 13',
  ],
  [
    'a layer that nobody knows',
    [...COMPONENT_HEADER.slice(0, 4), 0x0d, 0, 2, 0],
    'unknown WebAssembly layer 2, version 13',
  ],
])('inspect refuses %s', async (_, bytes, message) => {
  expect(await refusal(Uint8Array.from(bytes))).toContain(message)
})

test('inspect tells who gives it text how to translate it', async () => {
  const error = await inspectBytes(text(';; wat\n(component)')).catch((thrown: unknown) => thrown)
  expect((error as WasmpackError).hint).toContain('wasm-tools parse')
})

test('inspect accepts a bare header', async () => {
  const nothing = { size: 8, features: [], customSections: [], producers: {}, metadata: {} }
  expect(await inspectBytes(Uint8Array.from(MODULE_HEADER))).toEqual({
    kind: 'module',
    imports: [],
    exports: [],
    memories: [],
    tables: [],
    hasStart: false,
    ...nothing,
  })
  expect(without(await inspectBytes(Uint8Array.from(COMPONENT_HEADER)), 'types')).toEqual({
    kind: 'component',
    imports: [],
    exports: [],
    hasStart: false,
    nested: { modules: 0, components: 0, depth: 0, contents: [] },
    ...nothing,
  })
})

test('the types of a component leave no trace in JSON', async () => {
  const inspection = await inspectBytes(Uint8Array.from(COMPONENT_HEADER))
  expect(JSON.parse(JSON.stringify(inspection))).not.toHaveProperty('types')
})
