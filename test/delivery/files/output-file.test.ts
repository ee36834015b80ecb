import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import {
  createFileInDirectory,
  createOutputFile,
  isStdout,
  writeOutputFile,
} from '../../../src/delivery/files/output-file.ts'
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
  ['a device', (path: string) => symlinkSync('/dev/full', path), /is a device, a pipe or a socket/],
  ['a pipe', (path: string) => execFileSync('mkfifo', [path]), /is a device, a pipe or a socket/],
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

test('createOutputFile judges the file found, not its path: a link to /dev/null discards, /dev/shm keeps', async () => {
  const link = join(temporaryDirectory(), 'nothing')
  symlinkSync('/dev/null', link)
  for (const path of ['/dev/null', link]) {
    await writeOutputFile(path, 'discarded', WHAT)
    expect(readFileSync(path, 'utf8')).toBe('')
    expect(statSync(path).isCharacterDevice()).toBe(true)
  }
  if (process.platform !== 'linux') return
  const shared = mkdtempSync('/dev/shm/wasmpack-')
  onTestFinished(() => rmSync(shared, { recursive: true }))
  await writeOutputFile(join(shared, 'app.wasm'), 'kept', WHAT)
  expect(readFileSync(join(shared, 'app.wasm'), 'utf8')).toBe('kept')
})

test('isStdout takes no other file for the standard output', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'other'), '')
  expect(await isStdout('-')).toBe(true)
  for (const path of ['/dev/null', '/dev/full', directory, join(directory, 'none'), join(directory, 'other')])
    expect(await isStdout(path)).toBe(false)
})

describe('createFileInDirectory', () => {
  const inDirectory = (): { readonly directory: string; readonly path: string; readonly victim: string } => {
    const root = temporaryDirectory()
    const victim = join(root, 'victim')
    writeFileSync(victim, 'precious')
    return { directory: join(root, 'out'), path: join(root, 'out', 'app.wasm'), victim }
  }
  const write = async (path: string, meanwhile: () => void = () => undefined): Promise<void> => {
    const file = await createFileInDirectory(path, 'module')
    try {
      await file.write(Buffer.from('content'))
      meanwhile()
      await file.commit()
    } finally {
      await file.discard()
    }
  }

  test('creates the directory, and replaces a file but not what is hard-linked to it', async () => {
    const { directory, path, victim } = inDirectory()
    await write(path)
    expect(readdirSync(directory)).toEqual(['app.wasm'])
    rmSync(path)
    linkSync(victim, path)
    await write(path)
    expect(readFileSync(path, 'utf8')).toBe('content')
    expect(readFileSync(victim, 'utf8')).toBe('precious')
  })

  test.for([['before'], ['meanwhile']])(
    'writes through no link that is in place of the file %s',
    async ([when]) => {
      const { directory, path, victim } = inDirectory()
      mkdirSync(directory)
      const link = (): void => symlinkSync(victim, path)
      if (when === 'before') link()
      await expect(write(path, when === 'before' ? undefined : link)).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: `cannot write module ${path}: is a symbolic link`,
      })
      expect(readFileSync(victim, 'utf8')).toBe('precious')
      expect(readdirSync(directory)).toEqual(['app.wasm'])
    },
  )

  test('refuses a link to /dev/null and a dangling one too', async () => {
    for (const target of ['/dev/null', 'none']) {
      const { directory, path } = inDirectory()
      mkdirSync(directory)
      symlinkSync(target, path)
      await expect(write(path)).rejects.toMatchObject({
        message: expect.stringContaining('is a symbolic link'),
      })
      expect(readdirSync(directory)).toEqual(['app.wasm'])
    }
  })

  test('writes nothing where a link or another directory came in place of its directory meanwhile', async () => {
    for (const replace of [
      (path: string, other: string) => symlinkSync(other, path),
      (path: string) => mkdirSync(path),
    ]) {
      const { directory, path } = inDirectory()
      const other = temporaryDirectory()
      const moved = `${directory}-moved`
      await expect(
        write(path, () => {
          renameSync(directory, moved)
          replace(directory, other)
        }),
      ).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: `cannot write module ${path}: ${directory} was replaced`,
      })
      for (const each of [directory, moved, other]) expect(readdirSync(each)).toEqual([])
    }
  })

  test('a directory that its user named as a link is that directory, and a dangling one is an error', async () => {
    const { directory, path } = inDirectory()
    const real = temporaryDirectory()
    symlinkSync(real, directory)
    await write(path)
    expect(readdirSync(real)).toEqual(['app.wasm'])
    rmSync(real, { recursive: true })
    await expect(write(path)).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      hint: `check where the directory leads: namei -l ${directory}`,
    })
  })
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
