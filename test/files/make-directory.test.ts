import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { makeDirectory } from '../../src/files/make-directory.ts'

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-files-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('makeDirectory makes what is missing above, with the mode, and takes what is there', async () => {
  const directory = join(scratch(), 'a', 'b', 'c')
  await makeDirectory(directory, 0o700)
  await makeDirectory(directory, 0o700)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
})

test('makeDirectory ends where the system refuses, in /proc too', async () => {
  await expect(makeDirectory('/proc/wasmpack/x/y')).rejects.toMatchObject({ code: 'ENOENT' })
  const file = join(scratch(), 'file')
  writeFileSync(file, '')
  await expect(makeDirectory(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})
