import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { createOutputFile, writeOutputFile } from '../../../src/delivery/files/output-file.ts'
import { temporaryDirectory } from '../scene.ts'

const WHAT = { what: 'module' }

test('createOutputFile shows the file only on commit, whole, and leaves nothing else', async () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'app.wasm')
  writeFileSync(path, 'old')
  const output = await createOutputFile(path, WHAT)
  await output.write(Buffer.from('new '))
  await output.write(Buffer.from('content'))
  expect(readFileSync(path, 'utf8')).toBe('old')
  await output.commit()
  await output.discard()
  expect(readFileSync(path, 'utf8')).toBe('new content')
  expect(readdirSync(directory)).toEqual(['app.wasm'])
})

test('createOutputFile leaves nothing after discard', async () => {
  const directory = temporaryDirectory()
  const output = await createOutputFile(join(directory, 'app.wasm'), WHAT)
  await output.write(Buffer.from('half'))
  await output.discard()
  expect(readdirSync(directory)).toEqual([])
})

test.for([
  ['a directory', (path: string) => mkdirSync(path), /is a directory/],
  ['a device', (path: string) => symlinkSync('/dev/null', path), /is a device, a pipe or a socket/],
] as const)('createOutputFile refuses to take the place of %s', async ([, make, reason]) => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  make(path)
  await expect(createOutputFile(path, WHAT)).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    exit: 10,
    message: expect.stringMatching(reason),
  })
  expect(readdirSync(directory)).toEqual(['out'])
})

test('createOutputFile writes the file that a link names, and leaves the link', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'real'), 'old')
  symlinkSync('real', join(directory, 'link'))
  const output = await createOutputFile(join(directory, 'link'), WHAT)
  await output.write(Buffer.from('new'))
  await output.commit()
  expect(readlinkSync(join(directory, 'link'))).toBe('real')
  expect(readFileSync(join(directory, 'real'), 'utf8')).toBe('new')
})

test('createOutputFile puts nothing into /dev or /proc', async () => {
  for (const path of ['/dev/stdout', '/dev/wasmpack-test', '/proc/self/fd/1'])
    await expect(createOutputFile(path, WHAT)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
})

test('createOutputFile says that the disk is full and leaves nothing on it', async (context) => {
  const directory = temporaryDirectory()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'pipe' })
  } catch (cause) {
    if (process.env['CI']) throw cause
    console.warn('skipped: a full disk needs the right to mount a tmpfs')
    context.skip('a full disk needs the right to mount a tmpfs')
  }
  onTestFinished(() => void execFileSync('umount', [directory]))
  for (const chunks of [1, 100]) {
    const output = await createOutputFile(join(directory, 'app.wasm'), WHAT)
    const written = async (): Promise<void> => {
      for (let at = 0; at < chunks; at++) await output.write(Buffer.alloc(1024 * 1024))
      await output.commit()
    }
    await expect(written()).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringMatching(/no space left on the disk/),
    })
    expect(readdirSync(directory)).toEqual([])
  }
})

test('writeOutputFile keeps what is there unless told to overwrite, and sets the mode', async () => {
  const path = join(temporaryDirectory(), 'cosign.key')
  await writeOutputFile(path, 'first', { ...WHAT, overwrite: false, mode: 0o600 })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await expect(writeOutputFile(path, 'second', { ...WHAT, overwrite: false })).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
  })
  expect(readFileSync(path, 'utf8')).toBe('first')
  await writeOutputFile(path, 'second', { ...WHAT, overwrite: true, mode: 0o600 })
  expect(readFileSync(path, 'utf8')).toBe('second')
})
