import { expect, test } from 'vitest'

import type { ResolvedArtifact } from '../../../src/delivery/admit.ts'
import { OutputDirectory } from '../../../src/delivery/files/output-directory.ts'
import { blobFrom, manifestOf } from '../../oci/artifacts.ts'

/** An artifact as far as its name goes. */
function artifact(title: string | undefined, content = 'a module'): ResolvedArtifact {
  const layer = blobFrom(content).descriptor
  const manifest = manifestOf({ layers: [layer] })
  return {
    manifest,
    source: {
      form: 'wasm',
      manifest,
      layer,
      title,
      capabilities: undefined,
      size: layer.size,
      moduleBytes: (open) => open(layer),
    },
    capabilities: [],
    requirements: [],
    withInstructions: false,
  }
}

/** Claims for references that are opened in another order than they were given. */
function claims(
  directory: OutputDirectory,
  artifacts: readonly (ResolvedArtifact | Error)[],
  order: readonly number[],
) {
  const settle: (() => void)[] = []
  const claimed = artifacts.map((found, at) =>
    directory.claim(
      `registry.test/app:${at}`,
      new Promise((resolve, reject) => {
        settle[at] = () => (found instanceof Error ? reject(found) : resolve(found))
      }),
    ),
  )
  const all = Promise.allSettled(claimed)
  return (async () => {
    for (const at of order) {
      settle[at]!()
      // Whatever can happen by now has happened.
      await new Promise(setImmediate)
    }
    return (await all).map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as Error)))
  })()
}

const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
] as const

test.each(ORDERS)('names go by the order of the references, opened as %i %i %i', async (...order) => {
  const [one, other, third] = [artifact('a.wasm', 'one'), artifact('a.wasm', 'other'), artifact('b.wasm')]
  const [first, second, last] = await claims(new OutputDirectory('out'), [one, other, third], order)
  expect(first).toBe('out/a.wasm')
  expect(second).toMatchObject({
    code: 'USAGE',
    message: 'its module is called a.wasm, and so is that of the other artifact registry.test/app:0',
    hint: expect.stringContaining('-o FILE') as string,
    details: { name: 'a.wasm', references: ['registry.test/app:0', 'registry.test/app:1'] },
  })
  expect(last).toBe('out/b.wasm')
})

test.each(ORDERS)(
  'a reference that fails leaves its name to the next, opened as %i %i %i',
  async (...order) => {
    const gone = new Error('not found')
    const artifacts = [gone, artifact('a.wasm', 'one'), artifact('a.wasm', 'other')]
    const [first, second, last] = await claims(new OutputDirectory('out'), artifacts, order)
    expect(first).toBe(gone)
    expect(second).toBe('out/a.wasm')
    expect(last).toMatchObject({ message: expect.stringContaining('registry.test/app:1') as string })
  },
)

test('the same artifact has one name, however many references name it', async () => {
  const same = artifact('a.wasm')
  const paths = await claims(new OutputDirectory('out'), [same, same, same], [2, 0, 1])
  expect(paths).toEqual(['out/a.wasm', 'out/a.wasm', 'out/a.wasm'])
})

test.each([
  ['a.wasm', 'A.wasm'],
  ['\u00e4.wasm', 'a\u0308.wasm'],
])('%s and %s are one name: some file systems take them for one', async (name, spelling) => {
  const artifacts = [artifact(name, 'one'), artifact(spelling, 'other')]
  const [first, second] = await claims(new OutputDirectory('out'), artifacts, [0, 1])
  expect(first).toBe(`out/${name}`)
  expect(second).toMatchObject({
    message: `its module is called ${spelling}, and so is that of the other artifact registry.test/app:0 (${name})`,
  })
})

test('an artifact without a title is called by its digest', async () => {
  const untitled = artifact(undefined)
  const [path] = await claims(new OutputDirectory('out'), [untitled], [0])
  expect(path).toBe(`out/${untitled.manifest.digest.slice(7, 19)}.wasm`)
})
