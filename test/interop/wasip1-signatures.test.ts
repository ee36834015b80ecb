import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { listWasip1Functions } from '../../src/capabilities/targets/signatures.ts'
import { coreImport, coreImports, func, I32, I64, leb, module, types } from '../support/wasm-builder.ts'
import { needsPeers, peer } from './peer.ts'

needsPeers('wasmtime')

const directory = mkdtempSync(join(tmpdir(), 'wasmpack-signatures-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const functions = [...listWasip1Functions().get('wasi_snapshot_preview1')!]

/** `(i32, i64) -> (i32)` as it stands in a type section. */
function typed(signature: string): number[] {
  const [parameters, results] = signature
    .split(' -> ')
    .map((list) => [...list.matchAll(/i(?:32|64)/g)].map(([type]) => (type === 'i32' ? I32 : I64)))
  return func(parameters!, results!)
}

/** What Wasmtime says to a module that imports these: it links everything before it looks for what it was to call. */
function linked(imports: readonly (readonly [name: string, signature: string])[]): string {
  const path = join(directory, 'imports.wasm')
  const bytes = module(
    types(...imports.map(([, signature]) => typed(signature))),
    coreImports(...imports.map(([name], at) => coreImport('wasi_snapshot_preview1', name, 0x00, leb(at)))),
  )
  writeFileSync(path, bytes)
  const { stderr } = spawnSync(peer('wasmtime'), ['run', '--invoke', 'absent', path], { encoding: 'utf8' })
  return stderr
}

test('Wasmtime offers every function of the target wasip1 with the type that it has there', () => {
  expect(functions).toHaveLength(46)
  expect(linked(functions)).toContain('no func export named `absent`')
})

test.each(functions)('Wasmtime refuses %s with another type', (name, signature) => {
  const other = signature.startsWith('()') ? '(i64) -> (i32)' : signature.replace(/^\((i32|i64)/, '($1, f64')
  const stderr = linked([[name, other.replace('f64', 'i64')]])
  expect(stderr).toContain(`incompatible import type for \`wasi_snapshot_preview1::${name}\``)
})
