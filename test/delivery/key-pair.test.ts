import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { planKeyPair, writeKeyPair } from '../../src/delivery/key-pair.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import { temporaryDirectory } from './scene.ts'

it('writes an encrypted private key that only its owner can read, and its public key', async () => {
  const paths = await planKeyPair(join(temporaryDirectory(), 'release'), false)
  await writeKeyPair(paths, 'secret', false)
  expect(statSync(paths.privateKey).mode & 0o777).toBe(0o600)
  await openPrivateKey(readFileSync(paths.privateKey, 'utf8'), 'secret', 'key')
  expect(readFileSync(paths.publicKey, 'utf8')).toContain('BEGIN PUBLIC KEY')
})

it('refuses a file that exists, unless it may be overwritten', async () => {
  const prefix = join(temporaryDirectory(), 'release')
  writeFileSync(`${prefix}.pub`, '')
  await expect(planKeyPair(prefix, false)).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    hint: expect.stringContaining('--force') as string,
  })
  expect(await planKeyPair(prefix, true)).toEqual({ privateKey: `${prefix}.key`, publicKey: `${prefix}.pub` })
})

it('leaves no private key behind if the public key cannot be written', async () => {
  const prefix = join(temporaryDirectory(), 'release')
  const paths = await planKeyPair(prefix, false)
  mkdirSync(paths.publicKey)
  await expect(writeKeyPair(paths, 'secret', false)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  expect(existsSync(paths.privateKey)).toBe(false)
})
