import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { admitModule, resolveForAdmission } from '../../../src/delivery/admit.ts'
import { createSourceOpener } from '../../../src/delivery/open/open-source.ts'
import { createTargetOpener } from '../../../src/delivery/open/open-target.ts'
import { createBlob, collect } from '../../../src/oci/descriptor.ts'
import { computeDigest } from '../../../src/oci/digest.ts'
import type { Credential } from '../../../src/oci/registry/credentials/credential.ts'
import { parseReference } from '../../../src/oci/reference.ts'
import type { ReadOnlyTarget } from '../../../src/oci/target.ts'
import { emptyConfig, manifestOf, pushThing, referrerOf } from '../artifacts.ts'
import { type Registry, startRegistry, type Switches } from '../../support/registry/registry.ts'
import { temporaryDirectory } from '../../delivery/scene.ts'

const ALICE = { kind: 'basic', username: 'alice', password: 'canary-password' } as const

interface Scene {
  readonly registry: Registry
  readonly directory: string
  readonly warnings: readonly string[]
  /** A reader of its own, as in a run of its own. */
  readonly read: (credential?: Credential, repository?: string) => Promise<ReadOnlyTarget>
  /** `METHOD path` since it was asked last. */
  readonly requests: () => readonly string[]
}

async function scene(
  switches: Switches = {},
  directory = join(temporaryDirectory(), 'cache'),
): Promise<Scene> {
  const registry = await startRegistry(switches)
  onTestFinished(() => registry.close())
  const warnings: string[] = []
  const signal = new AbortController().signal
  let seen = 0
  return {
    registry,
    directory,
    warnings,
    read: (credential = switches.auth ? ALICE : undefined, repository = 'team/app') =>
      createSourceOpener(
        { credential, debug: () => undefined, signal },
        { directory, warn: (message) => warnings.push(message), debug: () => undefined },
      )(parseReference(`${registry.host}/${repository}:1`)),
    requests: () => {
      const fresh = registry.requests().slice(seen)
      seen += fresh.length
      return fresh
    },
  }
}

const writer = ({ registry }: Scene, credential?: Credential) =>
  createTargetOpener(
    { credential, debug: () => undefined, signal: new AbortController().signal },
    'push',
  )(parseReference(`${registry.host}/team/app:1`))

const textOf = async (target: ReadOnlyTarget, reference = '1'): Promise<string> => {
  const manifest = await target.manifest(reference)
  if (manifest.kind === 'index') throw new Error('an index')
  const layer = manifest.layers[0]!
  return Buffer.from(await collect(target.fetch(layer), layer.size, 'layer')).toString()
}

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())

describe('what was read before', () => {
  it.each([
    ['a registry that answers 304', {}],
    ['a proxy whose 304 has no headers', { bareNotModified: true }],
    ['a registry without ETags, as zot is one', { etag: 'none' }],
  ] as const)('costs one request by tag and none by digest, of %s', async (_, switches) => {
    const stage = await scene(switches)
    const { digest } = await pushThing(await writer(stage), 'a module', '1')
    stage.requests()
    expect(await textOf(await stage.read())).toBe('a module')
    expect(stage.requests()).toHaveLength(2)
    expect(await textOf(await stage.read())).toBe('a module')
    expect(stage.requests()).toEqual(['GET /v2/team/app/manifests/1'])
    expect(stage.registry.log.at(-1)!.headers['if-none-match']).toBe(`"${digest}"`)
    expect(await textOf(await stage.read(), digest)).toBe('a module')
    expect(stage.requests()).toEqual([])
  })

  it('is not what a tag names that was moved', async () => {
    const stage = await scene()
    const target = await writer(stage)
    await pushThing(target, 'the old one', '1')
    expect(await textOf(await stage.read())).toBe('the old one')
    await pushThing(target, 'the new one', '1')
    expect(await textOf(await stage.read())).toBe('the new one')
    expect(await textOf(await stage.read())).toBe('the new one')
  })

  it('says nothing of referrers: who has none now has none', async () => {
    const stage = await scene()
    const target = await writer(stage)
    const thing = await pushThing(target, 'a module', '1')
    expect(await (await stage.read()).referrers(thing.digest)).toEqual([])
    await target.pushManifest(await referrerOf(target, thing, 'signed'))
    expect(await (await stage.read()).referrers(thing.digest)).toHaveLength(1)
  })
})

describe('a cache', () => {
  const bearer = { kind: 'basic', username: 'alice', password: 'canary-password' } as const

  it('serves nobody what somebody else has read', async () => {
    const stage = await scene({ auth: bearer })
    const { digest } = await pushThing(await writer(stage, ALICE), 'a module', '1')
    expect(await textOf(await stage.read())).toBe('a module')
    const stranger = await stage.read({ ...ALICE, password: 'another' })
    await expect(stranger.manifest(digest)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const elsewhere = await stage.read(ALICE, 'team/other')
    await expect(elsewhere.manifest(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const other = await scene({ auth: bearer }, stage.directory)
    await expect((await other.read()).manifest(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('is for its owner alone and tells nothing of a credential', async () => {
    const stage = await scene({ auth: bearer })
    await pushThing(await writer(stage, ALICE), 'a module', '1')
    await textOf(await stage.read())
    const root = join(stage.directory, 'wasmpack-1')
    expect(statSync(root).mode & 0o777).toBe(0o700)
    const everything = [...filesIn(root), ...filesIn(root).map((path) => readFileSync(path, 'latin1'))].join()
    for (const secret of [
      'canary-password',
      'alice',
      Buffer.from('alice:canary-password').toString('base64'),
    ])
      expect(everything).not.toContain(secret)
  })

  it.each([
    ['small', 'a module'],
    ['large', 'm'.repeat(3 * 1024 * 1024)],
  ])('that was damaged gives the right bytes all the same (%s)', async (_, text) => {
    const stage = await scene()
    await pushThing(await writer(stage), text, '1')
    await textOf(await stage.read())
    const blobs = filesIn(stage.directory).filter((path) => path.includes('/blobs/'))
    expect(blobs).toHaveLength(1)
    writeFileSync(blobs[0]!, `x${text.slice(1)}`)
    const target = await stage.read()
    const first = textOf(target)
    // A large one is handed out before its end is known; whoever reads it is told, and what was wrong is gone.
    if (text.length > 1024 * 1024) {
      await expect(first).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      expect(await textOf(target)).toBe(text)
    } else expect(await first).toBe(text)
    expect(readFileSync(blobs[0]!, 'utf8') === text).toBe(true)
  })

  it('that was damaged does not fail a pull', async () => {
    const stage = await scene()
    const module = Buffer.concat([Buffer.from('\0asm\x01\0\0\0'), section(3 * 1024 * 1024)])
    const layer = { mediaType: 'application/wasm', digest: computeDigest(module), size: module.length }
    const target = await writer(stage)
    await target.push(createBlob(module, layer))
    await target.push(emptyConfig)
    await target.pushManifest(manifestOf({ layers: [layer] }), '1')
    const pull = async (): Promise<Buffer> => {
      const target = await stage.read()
      let taken: Uint8Array[] = []
      const request = { verifier: 'ignored', capabilityCheck: 'ignored' } as const
      const opened = await resolveForAdmission(target, '1', request, {})
      await admitModule(
        target,
        opened,
        {
          write: async (chunk) => void taken.push(Uint8Array.from(chunk)),
          restart: async () => void (taken = []),
        },
        {},
      )
      return Buffer.concat(taken)
    }
    await pull()
    const path = filesIn(stage.directory).find((each) => each.includes('/blobs/'))
    const bytes = readFileSync(path!)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path!, bytes)
    expect((await pull()).equals(module)).toBe(true)
  })

  it('takes what many read at once', async () => {
    const stage = await scene()
    await pushThing(await writer(stage), 'm'.repeat(200_000), '1')
    const read = await Promise.all(Array.from({ length: 12 }, async () => textOf(await stage.read())))
    expect(new Set(read.map((text) => text.length))).toEqual(new Set([200_000]))
    expect(filesIn(stage.directory).filter((path) => path.endsWith('.partial'))).toEqual([])
    stage.requests()
    await textOf(await stage.read())
    expect(stage.requests()).toHaveLength(1)
  })

  it('loses what processes that were killed have left behind, once it is a day old', async () => {
    const stage = await scene()
    const target = await writer(stage)
    await pushThing(target, 'a module', '1')
    await textOf(await stage.read())
    const blob = filesIn(stage.directory).find((path) => path.includes('/blobs/'))
    const [old, young] = ['0', '1'].map((digit) => join(blob!, '..', `.wasmpack-${digit.repeat(16)}.partial`))
    for (const path of [old!, young!]) writeFileSync(path, 'half')
    utimesSync(old!, 0, 0)
    await pushThing(target, 'another', '1')
    await textOf(await stage.read())
    expect(filesIn(stage.directory)).toContain(young)
    expect(filesIn(stage.directory)).not.toContain(old)
  })
})

describe('a cache that cannot be used is told of once and gone without:', () => {
  it.each<[string, (directory: string) => void]>([
    ['it is a file', (directory) => writeFileSync(directory, '')],
    ['others may look into it', (directory) => openToAll(join(directory, 'wasmpack-1'))],
    ['it is a link', (directory) => linkTo(directory, temporaryDirectory())],
    ['its salt is a link', (directory) => saltLink(directory)],
  ])('%s', async (_, spoil) => {
    const directory = join(temporaryDirectory(), 'cache')
    spoil(directory)
    const stage = await scene({}, directory)
    await pushThing(await writer(stage), 'a module', '1')
    expect(await textOf(await stage.read())).toBe('a module')
    expect(stage.warnings).toEqual([expect.stringContaining('cannot be used')])
  })
})

function openToAll(root: string): void {
  mkdirSync(root, { recursive: true })
  chmodSync(root, 0o755)
}

function linkTo(directory: string, elsewhere: string): void {
  mkdirSync(directory)
  symlinkSync(elsewhere, join(directory, 'wasmpack-1'))
}

function saltLink(directory: string): void {
  mkdirSync(join(directory, 'wasmpack-1'), { recursive: true, mode: 0o700 })
  symlinkSync('/etc/hostname', join(directory, 'wasmpack-1', 'salt'))
}

/** A custom section of so many bytes. */
function section(size: number): Buffer {
  const name = Buffer.from([4, ...Buffer.from('note')])
  const length: number[] = []
  for (let rest = size; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80)
    if (rest < 0x80) break
  }
  return Buffer.concat([Buffer.from([0, ...length]), name, Buffer.alloc(size - name.length, 'n')])
}
