import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { RegistryClientOptions } from '../../src/delivery/open/client-options.ts'
import { createTargetOpener } from '../../src/delivery/open/open-target.ts'
import { promoteArtifact } from '../../src/delivery/promote.ts'
import type { CopyResult } from '../../src/oci/copy.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { parseReference } from '../../src/oci/reference.ts'
import type { Operation, ReadOnlyTarget } from '../../src/oci/target.ts'
import { pushThing } from '../oci/artifacts.ts'
import { overriding, temporaryDirectory } from './scene.ts'

const access: RegistryClientOptions = { debug: () => undefined, signal: new AbortController().signal }
const openTarget = createTargetOpener(access)

/** Copies v1 of a source into an archive, as `copy` does it. */
async function copyInto(
  path: string,
  source: ReadOnlyTarget,
  operation: Operation = {},
): Promise<CopyResult> {
  const reference = parseReference(`oci-archive:${path}`)
  const target = await openTarget(reference, { create: true, purpose: 'push', commits: true })
  const from = { reference: parseReference('registry.example/a:v1'), target: source }
  const candidate = { root: await source.manifest('v1'), source }
  const to = { reference, target }
  return promoteArtifact(candidate, { from, to }, { tags: ['v1'], withReferrers: true }, operation)
}

async function sourceOf(text: string): Promise<MemoryTarget> {
  const source = new MemoryTarget('source')
  await pushThing(source, text, 'v1')
  return source
}

describe('an archive', () => {
  it.each(['push', 'delete'] as const)('is not opened to %s by whoever does not commit', async (purpose) => {
    const reference = parseReference(`oci-archive:${join(temporaryDirectory(), 'a.tar')}:v1`)
    await expect(openTarget(reference, { create: true, purpose })).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('wasmpack copy'),
    })
  })

  it('is written by promote, with nothing left beside it', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'a.tar')
    expect(await copyInto(path, await sourceOf('thing'))).toMatchObject({
      written: true,
      blobs: { copied: 2 },
    })
    expect(await copyInto(path, await sourceOf('thing'))).toMatchObject({ written: false })
    expect(readdirSync(directory)).toEqual(['a.tar'])
  })

  it('stays as it was, with nothing left beside it, when a copy into it fails or is given up', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'a.tar')
    await copyInto(path, await sourceOf('thing'))
    const before = readFileSync(path)
    const source = await sourceOf('other')
    const breaking = overriding(source, {
      async *fetch(descriptor, operation) {
        yield* source.fetch(descriptor, operation)
        if (descriptor.mediaType === 'application/wasm') throw new Error('the source broke')
      },
    })
    await expect(copyInto(path, breaking)).rejects.toThrow('the source broke')
    const given = new AbortController()
    const progress = (): void => given.abort(new Error('given up'))
    await expect(copyInto(path, source, { signal: given.signal, progress })).rejects.toThrow('given up')
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(directory)).toEqual(['a.tar'])
  })
})
