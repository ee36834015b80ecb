import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { GUARDED, isBearer, READER, type RegistryEndpoint } from '../stack/registries.ts'
import { storeCredentials } from '../support/cli.ts'
import { freshRepository, generateKeyPair, pushFresh } from './artifacts.ts'
import { onEachRegistry, useWorkbench, type Workbench } from './workbench.ts'

const PULL = ['-o', 'pulled.wasm', '--insecure-ignore-signature']

/** Fails unless the command ends with that status, one error on stderr, nothing on stdout and no new file. */
async function expectRefusal(
  bench: Workbench,
  args: readonly string[],
  exit: number,
  code: string,
): Promise<void> {
  const before = bench.files()
  const run = await bench.attempt(args)
  expect(run).toMatchObject({ exit, stdout: '' })
  expect(run.stderr.match(/^error/gm)).toHaveLength(1)
  expect(run.stderr).toContain(code)
  expect(bench.files()).toEqual(before)
}

onEachRegistry((registry) => {
  const bench = useWorkbench(registry)

  test('a tag that does not exist is exit 6', async () => {
    const { repository } = await pushFresh(bench, registry())
    await expectRefusal(bench, ['pull', `${repository}:none`, ...PULL], 6, 'NOT_FOUND')
    await expectRefusal(bench, ['resolve', `${repository}:none`], 6, 'NOT_FOUND')
  })

  test('a repository and a digest that do not exist are exit 6', async () => {
    const { repository } = await pushFresh(bench, registry())
    const digest = `sha256:${'0'.repeat(64)}`
    await expectRefusal(bench, ['pull', `${freshRepository(registry())}:1`, ...PULL], 6, 'NOT_FOUND')
    await expectRefusal(bench, ['pull', `${repository}@${digest}`, ...PULL], 6, 'NOT_FOUND')
  })

  test('no signature is exit 4, for verify and for pull', async () => {
    await generateKeyPair(bench, 'unused')
    const { tagged } = await pushFresh(bench, registry())
    const key = ['--key', 'unused.pub']
    await expectRefusal(bench, ['verify', tagged, ...key], 4, 'SIGNATURE_MISSING')
    await expectRefusal(bench, ['pull', tagged, ...key, '-o', 'pulled.wasm'], 4, 'SIGNATURE_MISSING')
    await expectRefusal(bench, ['pull', tagged, '-o', 'pulled.wasm'], 4, 'TRUST_REQUIRED')
  })

  test('a signature by another key is exit 4, for verify and for pull', async () => {
    await generateKeyPair(bench, 'signer')
    await generateKeyPair(bench, 'stranger')
    const { tagged } = await pushFresh(bench, registry(), '--key', 'signer.key')
    const key = ['--key', 'stranger.pub']
    await expectRefusal(bench, ['verify', tagged, ...key], 4, 'SIGNATURE_UNTRUSTED')
    await expectRefusal(bench, ['pull', tagged, ...key, '-o', 'pulled.wasm'], 4, 'SIGNATURE_UNTRUSTED')
  })
})

describe('flipped bytes', () => {
  /** The file in which the registry keeps a blob. */
  const blobFile = (endpoint: RegistryEndpoint, digest: string): string => {
    const hex = digest.replace('sha256:', '')
    return join(endpoint.storage ?? '', 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
  }

  onEachRegistry(
    (registry) => {
      const bench = useWorkbench(registry)

      test('of the module are exit 5 and leave no file', async () => {
        await generateKeyPair(bench, 'signer')
        const { tagged, pinned } = await pushFresh(bench, registry(), '--key', 'signer.key')
        const inspected = await bench.wasmpack('pull', tagged, '--key', 'signer.pub', '-o', 'good.wasm')
        expect(inspected.stdout.trim()).toBe(pinned)

        const manifest = JSON.parse(readFileSync(blobFile(registry(), pinned.split('@')[1] ?? ''), 'utf8'))
        const file = blobFile(registry(), manifest.layers[0].digest)
        const bytes = readFileSync(file)
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff
        writeFileSync(file, bytes)
        const pull = ['pull', tagged, '--key', 'signer.pub', '-o', 'pulled.wasm']
        await expectRefusal(bench, pull, 5, 'DIGEST_MISMATCH')
      })
    },
    ['distribution', 'docker-registry'],
  )
})

describe('credentials', () => {
  onEachRegistry((registry) => {
    const bench = useWorkbench(registry)

    test('a wrong password and none are exit 7, for push and for pull, and name no secret', async () => {
      const { tagged, file } = await pushFresh(bench, registry())
      const { host, credentials } = registry()
      for (const password of ['wrong-password', undefined]) {
        if (password === undefined) storeCredentials(bench.home, 'elsewhere.example', 'nobody', 'nothing')
        else storeCredentials(bench.home, host, credentials?.username ?? '', password)
        await expectRefusal(bench, ['pull', tagged, ...PULL], 7, 'UNAUTHENTICATED')
        const push = ['push', `${freshRepository(registry())}:1`, file, '--debug']
        const pushed = await bench.attempt(push)
        expect(pushed).toMatchObject({ exit: 7 })
        const secrets = [password ?? 'nothing', Buffer.from(`pusher:${password}`).toString('base64')]
        for (const secret of secrets) expect(pushed.stdout + pushed.stderr).not.toContain(secret)
      }
    })
  }, GUARDED)

  onEachRegistry((registry) => {
    const bench = useWorkbench(registry)

    test('a user who may only pull pulls, and is refused a push with exit 7', async () => {
      const { tagged, file, repository } = await pushFresh(bench, registry())
      storeCredentials(bench.home, registry().host, READER.username, READER.password)
      await bench.wasmpack('pull', tagged, ...PULL)
      await bench.wasmpack('init', file, '--force')
      await expectRefusal(bench, ['tag', tagged, 'other'], 7, 'UNAUTHENTICATED')
      await expectRefusal(bench, ['push', `${repository}:other`, file], 7, 'UNAUTHENTICATED')
    })
  }, GUARDED.filter(isBearer))
})

describe('unknown registry', () => {
  const bench = useWorkbench()

  test.each([
    ['a port where nobody listens', 'localhost:1'],
    ['a name that does not exist', 'registry.invalid'],
  ])('%s is exit 9', async (_, host) => {
    await expectRefusal(bench, ['pull', `${host}/test/app:1`, ...PULL], 9, 'UNAVAILABLE')
  })
})
