import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { loadWorld } from '../../../src/delivery/targets/wit-source.ts'
import type { Shape } from '../../../src/wasm/types/shape.ts'
import { compareWithWorld } from '../../../src/wasm/types/subtyping.ts'

const EXACTLY = { key: (name: string) => name, isLater: () => false }

let work: string
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'wasmpack-misfits-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

let files = 0
async function shapeOf(items: string, side: 'import' | 'export'): Promise<Shape> {
  const path = join(work, `${files++}.wit`)
  writeFileSync(path, `package a:b; interface i { ${items} } world w { ${side} i; }`)
  return (await loadWorld(path, undefined)).shape
}

const RECORD = 'record r { a: u8, b: string }'
const USE = 'f: func(x: list<r>) -> result<u8, string>;'

test.each([
  ['f: func(x: u8);', 'f: func(x: u8); g: func();', undefined],
  ['f: func(x: u8);', 'g: func();', 'missing'],
  ['f: func(x: u8);', 'f: func(x: u16);', 'parameter "x": the target has u16, the module u8'],
  ['f: func(x: u8);', 'f: func(y: u8);', 'parameter 1 is "y" in the target, "x" in the module'],
  ['f: func(x: u8);', 'f: func();', 'the target has 0 parameters, the module 1'],
  ['f: func() -> u8;', 'f: func();', 'result: the target has nothing, the module u8'],
  ['f: func();', 'f: async func();', 'the target has an async function, the module a function'],
  [
    `${RECORD} ${USE}`,
    `record r { b: string, a: u8 } ${USE}`,
    'field 1 is "b" in the target, "a" in the module',
  ],
  [
    `${RECORD} ${USE}`,
    `record r { a: u8, b: char } ${USE}`,
    'field "b": the target has char, the module string',
  ],
  [
    'resource p; resource q; f: func(x: borrow<p>);',
    'resource p; resource q; f: func(x: borrow<q>);',
    'parameter "x": borrow: they are different resources',
  ],
  ['resource p; f: func(x: p);', 'resource p; f: func(x: p);', undefined],
  [
    'f: func() -> tuple<u8, u8>;',
    'f: func() -> tuple<u8, s8>;',
    'result: member 2: the target has s8, the module u8',
  ],
])('a module with %s where the target has %s', async (module, target, expected) => {
  const imported = compareWithWorld(await shapeOf(module, 'import'), await shapeOf(target, 'import'), EXACTLY)
  const exported = compareWithWorld(await shapeOf(module, 'export'), await shapeOf(target, 'export'), EXACTLY)
  const told = (found: typeof imported): readonly (string | undefined)[] =>
    found.map(({ problem, difference }) => difference ?? problem)
  if (expected === undefined) return expect(told(imported)).toEqual([])
  expect(told(imported)).toContain(expected)
  if (expected !== 'missing') expect(told(exported)).toContain(expected)
})
