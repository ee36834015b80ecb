import { describe, expect, test } from 'vitest'

import type { KeycloakRegistry } from '../stack/sigstore/registries.ts'
import { storeCredentials } from '../support/cli.ts'
import { pushModule, writeModule } from './artifacts.ts'
import { useSigstore } from './sigstore.ts'
import { useWorkbench } from './workbench.ts'

// Registries whose tokens Keycloak issues (its protocol docker-v2): only GET, no refresh tokens, a web page for nobody.

const sigstore = useSigstore()

describe.each(['distribution', 'docker-registry', 'referrers'])('%s behind Keycloak', (name) => {
  const bench = useWorkbench()
  const enter = (): KeycloakRegistry => sigstore().registries.find((one) => one.name === name)!
  const asked = (...args: readonly string[]) => bench.attempt([...args, '--retries', '0'])

  test('login, push, ls, pull and copy are let in with the right password', async () => {
    const { host, credentials } = enter()
    const login = ['login', host, '--username', credentials.username, '--password-stdin']
    expect(await bench.attempt(login, { stdin: credentials.password })).toMatchObject({ exit: 0 })
    await writeModule(bench, 'app.wasm')
    const pushed = await pushModule(bench, `${host}/team/app`, 'app.wasm')
    expect((await bench.wasmpack('ls', pushed.repository, '--tags-only')).stdout.trim()).toBe('1.0.0')
    await bench.wasmpack('pull', pushed.tagged, '--insecure-ignore-signature', '-o', 'pulled.wasm')
    expect(bench.read('pulled.wasm')).toEqual(bench.read('app.wasm'))
    await bench.wasmpack('copy', pushed.tagged, `${host}/team/copy:1.0.0`)
    const copied = await bench.wasmpack('resolve', `${host}/team/copy:1.0.0`)
    expect(copied.stdout).toContain(pushed.digest)
  })

  test('a wrong password and nobody at all are 7, and say what to do', async () => {
    const { host, credentials } = enter()
    const login = ['login', host, '--username', credentials.username, '--password-stdin']
    const wrong = await bench.attempt(login, { stdin: 'wrong-canary' })
    expect(wrong).toMatchObject({ exit: 7, stderr: expect.stringContaining('hint:') })
    expect(wrong.stderr).not.toContain('wrong-canary')
    await writeModule(bench, 'refused.wasm')
    storeCredentials(bench.home, host, credentials.username, 'wrong-canary')
    const push = ['push', `${host}/team/refused:1`, 'refused.wasm']
    const refused = await asked(...push)
    expect(refused).toMatchObject({ exit: 7, stderr: expect.stringContaining('hint:') })
    expect(refused.stderr).not.toContain('wrong-canary')
    await bench.wasmpack('logout', host)
    expect(await asked(...push)).toMatchObject({
      exit: 7,
      stderr: expect.stringMatching(/hint: .*wasmpack login/),
    })
  })
})
