import { expect, test } from 'vitest'

import { custom, leb, module, name, vec } from '../../support/wasm-builder.ts'
import { inspectModule } from '../inspecting.ts'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const tools = (...entries: readonly (readonly [tool: string, version: string])[]): number[] =>
  vec(...entries.map(([tool, version]) => [name(tool), name(version)].flat()))
const named = (title: string): number[] => {
  const part = name(title)
  return custom('name', 0, leb(part.length), part, 1, 2, 0xff, 0xff)
}

test('inspect lists custom sections wherever they stand', async () => {
  const { customSections } = await inspectModule(
    module(custom('a', 1, 2), [5, 1, 0], custom(''), custom('a')),
  )
  expect(customSections).toEqual([
    { name: 'a', size: 2, offset: 12 },
    { name: '', size: 0, offset: 20 },
    { name: 'a', size: 0, offset: 24 },
  ])
})

test('inspect reads producers', async () => {
  const { producers } = await inspectModule(
    module(
      custom(
        'producers',
        vec(
          [...name('language'), ...tools(['Rust', ''])],
          [...name('processed-by'), ...tools(['rustc', '1.80'], ['wit-component', '0.200'])],
        ),
      ),
    ),
  )
  expect(producers).toEqual({
    language: { Rust: '' },
    'processed-by': { rustc: '1.80', 'wit-component': '0.200' },
  })
})

test('inspect lets no field of producers reach the prototype of objects', async () => {
  const { producers } = await inspectModule(
    module(custom('producers', vec([...name('__proto__'), ...tools(['__proto__', 'x'])]))),
  )
  expect(Object.keys(producers)).toEqual(['__proto__'])
  expect(Object.getPrototypeOf(producers)).toBeNull()
  expect(Object.keys(producers['__proto__']!)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('inspect reads descriptive sections and the name of the module', async () => {
  const { metadata } = await inspectModule(
    module(
      custom('version', text('1.2.3')),
      custom('description', text('Grüße')),
      custom('authors', text('a, b')),
      custom('licenses', text('Apache-2.0')),
      custom('source', text('https://a.example/s')),
      custom('homepage', text('https://a.example')),
      custom('revision', text('abc')),
      custom('other', text('x')),
      named('hello'),
    ),
  )
  expect(metadata).toEqual({
    version: '1.2.3',
    description: 'Grüße',
    authors: 'a, b',
    licenses: 'Apache-2.0',
    source: 'https://a.example/s',
    homepage: 'https://a.example',
    revision: 'abc',
    name: 'hello',
  })
})

test('inspect passes over claims that are not well-formed or too long', async () => {
  const { metadata, producers, customSections } = await inspectModule(
    module(
      custom('producers', vec([...name('sdk'), ...tools(['x', '1'])]), 0),
      custom('producers', 9),
      custom('description', 0xff),
      custom('version', new Uint8Array(65 * 1024)),
      custom('name', 1, 0),
      custom('name'),
      custom('component-name', 0, 200),
    ),
  )
  expect({ ...metadata }).toEqual({})
  expect({ ...producers }).toEqual({})
  expect(customSections).toHaveLength(7)
})
