import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { bundleSource } from '../../../scripts/bundle-source.mjs'
import { collect } from '../../../src/oci/descriptor.ts'
import { getSuccessors } from '../../../src/oci/manifest.ts'
import { openLayout } from '../../../src/oci/layout/layout.ts'
import { withLock } from '../../../src/oci/layout/lock.ts'
import { pushThing } from '../artifacts.ts'

const root = await mkdtemp(join(tmpdir(), 'wasmpack-lock-'))
afterAll(() => rm(root, { recursive: true }))

const directory = (): Promise<string> => mkdtemp(join(root, 'layout-'))

/** The name of this process's claim, seen while it holds the lock. */
async function ownClaim(): Promise<string> {
  const path = await directory()
  return withLock(path, async () => (await readdir(path))[0]!)
}

const claimOf = async (change: (parts: string[]) => void): Promise<string> => {
  const parts = (await ownClaim()).slice(1).split('.')
  change(parts)
  return `.${parts.join('.')}`
}
const [TICKET, PLACE, PID, START] = [1, 2, 3, 4]

describe('withLock', () => {
  it('runs one after the other and leaves nothing behind', async () => {
    const path = await directory()
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await readdir(path)
      inside--
    }
    await Promise.all(Array.from({ length: 20 }, () => withLock(path, work)))
    expect(most).toBe(1)
    expect(await readdir(path)).toEqual([])
  })

  it('is released when the work fails', async () => {
    const path = await directory()
    await expect(withLock(path, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await withLock(path, async () => 'next')).toBe('next')
    expect(await readdir(path)).toEqual([])
  })

  it('passes over the claims of a process that died, and removes them', async () => {
    const path = await directory()
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    for (const ticket of ['0', '1'])
      await writeFile(
        join(path, await claimOf((parts) => ((parts[TICKET!] = ticket), (parts[PID!] = `${dead}`)))),
        '',
      )
    expect(await withLock(path, async () => 'mine')).toBe('mine')
    expect(await readdir(path)).toEqual([])
  })

  it.runIf(process.platform === 'linux')(
    'passes over the claim of a process whose number another one has now',
    async () => {
      const path = await directory()
      await writeFile(join(path, await claimOf((parts) => (parts[START!] = '1'))), '')
      expect(await withLock(path, async () => 'mine')).toBe('mine')
    },
  )

  it.each([
    ['of this process', () => {}],
    ['of another machine', (parts: string[]) => (parts[PLACE!] = '00000000')],
  ])('waits for a claim %s and then says which file to delete', async (_, change) => {
    const path = await directory()
    const claim = await claimOf(change)
    await writeFile(join(path, claim), '')
    await expect(withLock(path, async () => 'mine', { timeout: 30 })).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining(`is locked by process ${process.pid}`),
      hint: expect.stringContaining(join(path, claim)),
    })
    expect(await readdir(path)).toEqual([claim])
  })

  it('has patience for a time, not for a number of looks, each of which may take long', async () => {
    const path = await directory()
    await writeFile(join(path, await claimOf(() => {})), '')
    let looks = 0
    const now = (): number => looks++ * 20_000
    await expect(withLock(path, async () => 'mine', { now })).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    })
    expect(looks).toBe(4)
  })

  it('stops waiting when it is told to, and takes its claim back', async () => {
    const path = await directory()
    const claim = await claimOf(() => {})
    await writeFile(join(path, claim), '')
    const stop = new AbortController()
    const waiting = withLock(path, async () => 'mine', { signal: stop.signal })
    while ((await readdir(path)).length < 2) await setImmediate()
    stop.abort(new Error('stop'))
    await expect(waiting).rejects.toThrow('stop')
    expect(await readdir(path)).toEqual([claim])
  })

  it('passes over a claim from elsewhere that is more than an hour old, and removes it', async () => {
    const path = await directory()
    const claim = join(path, await claimOf((parts) => (parts[PLACE!] = '00000000')))
    await writeFile(claim, '')
    const now = Date.now() / 1000
    await utimes(claim, now, now - 1800)
    await expect(withLock(path, async () => 'mine', { timeout: 30 })).rejects.toMatchObject({
      message: expect.stringContaining('of another machine or container'),
      hint: expect.stringContaining('if that machine, container or process is gone'),
    })
    await utimes(claim, now, now - 7200)
    expect(await withLock(path, async () => 'mine', { timeout: 30 })).toBe('mine')
    expect(await readdir(path)).toEqual([])
  })

  it('does not take a claim of a living process here for dead because it is old', async () => {
    const path = await directory()
    const claim = await claimOf(() => {})
    await writeFile(join(path, claim), '')
    await utimes(join(path, claim), 0, 0)
    await expect(withLock(path, async () => 'mine', { timeout: 30 })).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    })
  })

  it('throws FILE_UNWRITABLE where the directory is not there', async () => {
    await expect(withLock(join(root, 'absent'), async () => 'mine')).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining('the directory does not exist'),
    })
  })
})

describe('a layout that processes of their own write', () => {
  let bundle: string
  beforeAll(async () => {
    bundle = await bundleSource('test/oci/layout/writer.ts')
  })

  it('loses nothing when two write at once', async () => {
    const path = join(root, 'shared')
    const names = ['left', 'right']
    await Promise.all(names.map((name) => promisify(execFile)(process.execPath, [bundle, path, name])))
    const target = await openLayout(path, { create: false })
    const tags = names.flatMap((name) => Array.from({ length: 50 }, (_, count) => `${name}-${count}`))
    expect(await target.tags()).toEqual(tags.sort())
    for (const tag of ['left-0', 'right-49'])
      expect(await target.referrers((await target.resolve(tag)).digest)).toHaveLength(1)
    expect((await readdir(path)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(await strangers(path)).toEqual([])
  }, 60_000)

  it('is whole when one is killed, and can be written on', async () => {
    const path = join(root, 'killed')
    const target = await openLayout(path, { create: true })
    for (const [round, enough] of [2, 5, 11].entries()) {
      const child = spawn(process.execPath, [bundle, path, `round${round}`])
      const exited = once(child, 'exit')
      const before = (await target.tags()).length
      while ((await target.tags()).length < before + enough) await setImmediate()
      child.kill('SIGKILL')
      await exited
      expect(child.signalCode).toBe('SIGKILL')
      for (const tag of await target.tags()) {
        const manifest = await target.manifest(tag)
        expect(manifest.kind).toBe('manifest')
        for (const descriptor of getSuccessors(manifest))
          expect(await collect(target.fetch(descriptor), 1024, tag)).toHaveLength(descriptor.size)
      }
      await pushThing(target, `after ${round}`, `after-${round}`)
    }
    expect((await target.tags()).filter((tag) => tag.startsWith('after'))).toHaveLength(3)
    for (const name of await strangers(path)) expect(name).toMatch(/^\.wasmpack-.*\.partial$/)
  }, 60_000)
})

/** What lies among the blobs and is none. */
const strangers = async (path: string): Promise<readonly string[]> =>
  (await readdir(join(path, 'blobs', 'sha256'))).filter((name) => !/^[0-9a-f]{64}$/.test(name))
