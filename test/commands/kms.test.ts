import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

import { beforeEach, expect, test, vi } from 'vitest'

import { temporaryDirectory } from '../delivery/scene.ts'
import { fixturePath } from '../support/fixtures.ts'
import { runCommand } from '../support/in-process.ts'

beforeEach(() => {
  vi.stubEnv('PATH', [resolve('test/support/kms-plugin'), process.env['PATH']].join(delimiter))
  return () => vi.unstubAllEnvs()
})

test('a KMS makes a key, signs a push and an attestation with it, and verify takes it or its public half', async () => {
  const directory = temporaryDirectory()
  const path = (name: string): string => join(directory, name)
  const key = `testkms://:${path('key.pem')}`
  const made = await runCommand(['generate-key-pair', '--kms', key, '--output-key-prefix', path('release')])
  expect(made).toMatchObject({ json: { publicKey: path('release.pub') }, text: path('release.pub') })
  expect(readFileSync(path('release.pub'), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----\n/)
  expect(existsSync(path('release.key'))).toBe(false)
  copyFileSync(fixturePath('rust-hello'), path('app.wasm'))
  copyFileSync(fixturePath('rust-hello', '.capabilities.yaml'), path('app.capabilities.yaml'))
  const layout = `oci-layout:${path('oci')}`
  expect(await runCommand(['push', `${layout}:1`, path('app.wasm'), '--key', key])).toMatchObject({
    json: { signed: true },
  })
  for (const verifying of [key, path('release.pub')]) {
    const verify = ['verify', `${layout}:1`, '--key', verifying]
    expect(await runCommand(verify)).toMatchObject({ json: { verified: true } })
    expect(await runCommand([...verify, '--attestation', 'capabilities'])).toMatchObject({
      json: { verified: true },
    })
  }
  const pull = ['pull', `${layout}:1`, '-o', path('pulled.wasm'), '--key', key]
  expect((await runCommand(pull)).error).toBeUndefined()
  expect(readFileSync(path('pulled.wasm'))).toEqual(readFileSync(path('app.wasm')))
})

test('a KMS that signs with another key ends a push before its tag', async () => {
  const directory = temporaryDirectory()
  const path = (name: string): string => join(directory, name)
  await runCommand([
    'generate-key-pair',
    '--kms',
    `testkms://:${path('key.pem')}`,
    '--output-key-prefix',
    path('a'),
  ])
  copyFileSync(fixturePath('rust-hello'), path('app.wasm'))
  copyFileSync(fixturePath('rust-hello', '.capabilities.yaml'), path('app.capabilities.yaml'))
  const layout = `oci-layout:${path('oci')}`
  const key = `testkms://other-key:${path('key.pem')}`
  const pushed = await runCommand(['push', `${layout}:1`, path('app.wasm'), '--key', key])
  expect(pushed.error).toMatchObject({ code: 'KEY_INVALID', exit: 5 })
  expect((await runCommand(['resolve', `${layout}:1`])).error).toMatchObject({ code: 'NOT_FOUND' })
})

test('generate-key-pair --kms overwrites no public key and takes no path', async () => {
  const directory = temporaryDirectory()
  const prefix = join(directory, 'cosign')
  const make = ['generate-key-pair', '--output-key-prefix', prefix, '--kms']
  expect((await runCommand([...make, `testkms://:${prefix}.pem`])).error).toBeUndefined()
  expect((await runCommand([...make, `testkms://:${prefix}-2.pem`])).error).toMatchObject({
    code: 'FILE_UNWRITABLE',
  })
  expect(existsSync(`${prefix}-2.pem`)).toBe(false)
  expect((await runCommand([...make, 'cosign.key'])).error).toMatchObject({
    code: 'USAGE',
    message: 'invalid --kms "cosign.key": expected NAME://ID',
  })
})
