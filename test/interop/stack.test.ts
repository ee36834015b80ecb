import { describe, expect, test } from 'vitest'

import { GUARDED, isBearer, READER } from '../stack/registries.ts'
import { storeCredentials } from '../support/cli.ts'
import { cosignSign, cosignVerify } from './cosign.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

// The peers among themselves: if these fail the stack is wrong, and no other failure says anything about wasmpack.

needsPeers('cosign', 'oras')

onEachRegistry((registry) => {
  const bench = useWorkbench(registry)

  test('cosign verifies what cosign signed and oras pushed', async () => {
    const repository = `${registry().host}/stack/signed`
    bench.write('hello.txt', 'hello\n')
    await bench.peer('oras', 'push', '--plain-http', `${repository}:1`, 'hello.txt:text/plain')
    const digest = (await bench.peer('oras', 'resolve', '--plain-http', `${repository}:1`)).stdout.trim()
    await bench.peer('cosign', 'generate-key-pair')
    expect((await cosignVerify(bench, `${repository}@${digest}`, 'cosign.pub')).exit).not.toBe(0)
    await cosignSign(bench, `${repository}@${digest}`, 'cosign.key')
    const verified = await cosignVerify(bench, `${repository}@${digest}`, 'cosign.pub')
    expect(verified.exit).toBe(0)
    expect(verified.stdout).toContain(digest)
  })
})

describe('guarded', () => {
  onEachRegistry((registry) => {
    const bench = useWorkbench(registry)

    test('oras is let in with the right password only', async () => {
      const { host, credentials } = registry()
      bench.write('hello.txt', 'hello\n')
      const push = ['push', '--plain-http', `${host}/stack/guarded:1`, 'hello.txt:text/plain']
      await bench.peer('oras', ...push)
      storeCredentials(bench.home, host, credentials?.username ?? '', 'wrong')
      expect((await bench.attemptPeer('oras', push)).exit).not.toBe(0)
      storeCredentials(bench.home, 'elsewhere.example', 'nobody', 'nothing')
      expect((await bench.attemptPeer('oras', push)).exit).not.toBe(0)
    })
  }, GUARDED)
})

describe('read-only', () => {
  onEachRegistry((registry) => {
    const bench = useWorkbench(registry)

    test('oras may pull but not push with a token that says so', async () => {
      const repository = `${registry().host}/stack/reader`
      bench.write('hello.txt', 'hello\n')
      await bench.peer('oras', 'push', '--plain-http', `${repository}:1`, 'hello.txt:text/plain')
      storeCredentials(bench.home, registry().host, READER.username, READER.password)
      await bench.peer('oras', 'resolve', '--plain-http', `${repository}:1`)
      const push = ['push', '--plain-http', `${repository}:2`, 'hello.txt:text/plain']
      expect((await bench.attemptPeer('oras', push)).exit).not.toBe(0)
    })
  }, GUARDED.filter(isBearer))
})
