import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { readTextFile } from '../../src/files/read-text-file.ts'

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-read-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'it')
}

function written(content: string | Uint8Array): string {
  const path = place()
  writeFileSync(path, content)
  return path
}

const refused = (code: string, reason: string): object => ({
  code,
  message: expect.stringMatching(new RegExp(`^cannot read policy .*/it: ${reason}$`)) as string,
  hint: expect.stringMatching(/./) as string,
})

describe('readTextFile', () => {
  it('reads a text of many pieces whole', async () => {
    const text = 'ä1234567'.repeat(40_000)
    expect(await readTextFile(written(text), { what: 'policy' })).toBe(text)
  })

  it('leaves out a byte order mark', async () => {
    expect(await readTextFile(written('\uFEFFa: 1'), { what: 'policy' })).toBe('a: 1')
  })

  it('follows a link, and reads /dev/null as an empty file', async () => {
    const path = place()
    symlinkSync(written('linked'), path)
    expect(await readTextFile(path, { what: 'policy' })).toBe('linked')
    const nothing = place()
    symlinkSync('/dev/null', nothing)
    expect(await readTextFile(nothing, { what: 'policy' })).toBe('')
  })

  it.each<[string, (path: string) => unknown, string, string]>([
    ['a pipe', (path) => execFileSync('mkfifo', [path]), 'FILE_UNREADABLE', 'is a pipe, not a regular file'],
    ['a directory', (path) => mkdirSync(path), 'FILE_UNREADABLE', 'is a directory'],
    [
      'a terminal',
      (path) => symlinkSync('/dev/ptmx', path),
      'FILE_UNREADABLE',
      'is a device, not a regular file',
    ],
    [
      'an endless device',
      (path) => symlinkSync('/dev/zero', path),
      'FILE_UNREADABLE',
      'is a device, not a regular file',
    ],
    ['a link to itself', (path) => symlinkSync(path, path), 'FILE_UNREADABLE', 'too many symbolic links'],
    ['nothing', () => undefined, 'FILE_NOT_FOUND', 'no such file or directory'],
  ])('S22: refuses %s at once', async (_, make, code, reason) => {
    const path = place()
    make(path)
    await expect(readTextFile(path, { what: 'policy' })).rejects.toMatchObject(refused(code, reason))
  })

  it('S22: refuses a socket', async () => {
    const path = place()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(() => void server.close())
    await expect(readTextFile(path, { what: 'policy' })).rejects.toMatchObject(
      refused('FILE_UNREADABLE', 'is a socket or a device, not a regular file'),
    )
  })

  it('S14: refuses more than its limit, and what is not UTF-8, with the code that is asked for', async () => {
    const options = { what: 'policy', limit: 10, refusal: 'POLICY_INVALID' } as const
    expect(await readTextFile(written('x'.repeat(10)), options)).toHaveLength(10)
    await expect(readTextFile(written('x'.repeat(11)), options)).rejects.toMatchObject(
      refused('POLICY_INVALID', 'larger than 10 bytes'),
    )
    await expect(readTextFile(written(new Uint8Array([0xff])), options)).rejects.toMatchObject(
      refused('POLICY_INVALID', 'not UTF-8 text'),
    )
  })

  it('ends with the reason of a signal', async () => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await expect(readTextFile(written('x'), { what: 'policy', signal })).rejects.toBe(reason)
  })

  it('calls a path that is empty a fault of the command line', async () => {
    await expect(readTextFile('', { what: 'policy' })).rejects.toMatchObject({ code: 'USAGE' })
  })
})
