import { mkdtemp, open, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'

import { collect } from '../../../src/oci/descriptor.ts'
import { readRegular } from '../../../src/oci/layout/files.ts'

const root = await mkdtemp(join(tmpdir(), 'wasmpack-files-'))
afterAll(() => rm(root, { recursive: true }))

const openFiles = async (): Promise<readonly string[]> =>
  Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))

it.runIf(process.platform === 'linux')('readRegular leaves no file open that it cannot examine', async () => {
  const path = join(root, 'file')
  await writeFile(path, 'content')
  const handle = await open(path)
  const FileHandle = Object.getPrototypeOf(handle)
  await handle.close()
  const failure = Object.assign(new Error('EIO: i/o error, fstat'), {
    code: 'EIO',
    syscall: 'fstat',
    errno: -5,
  })
  const stat = vi.spyOn(FileHandle, 'stat').mockRejectedValue(failure)
  try {
    await expect(collect(readRegular(path), 1024, 'file')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  } finally {
    stat.mockRestore()
  }
  expect(await openFiles()).not.toContain(path)
})
