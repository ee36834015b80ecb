import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { GUARDED, isBearer, PUSHER, READER, ROBOT } from '../stack/registries.ts'
import { storeCredentials } from '../support/cli.ts'
import { pushFresh } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('oras', 'crane')

/** A credential helper that keeps all in the file that SHELF names. https://github.com/docker/docker-credential-helpers */
const HELPER = `#!${process.execPath}
const fs = require('node:fs')
const shelf = fs.existsSync(process.env.SHELF) ? JSON.parse(fs.readFileSync(process.env.SHELF)) : {}
const input = fs.readFileSync(0, 'utf8').trim()
const keep = () => fs.writeFileSync(process.env.SHELF, JSON.stringify(shelf))
if (process.argv[2] === 'store') { const entry = JSON.parse(input); shelf[entry.ServerURL] = entry; keep() }
if (process.argv[2] === 'erase') { delete shelf[input]; keep() }
if (process.argv[2] === 'get') {
  if (!shelf[input]) { console.log('credentials not found in native keychain'); process.exit(1) }
  console.log(JSON.stringify(shelf[input]))
}
`

onEachRegistry((registry) => {
  const bench = useWorkbench(registry)
  const configFile = (): string => join(bench.home.dockerConfig, 'config.json')
  const who = () => {
    const { host, credentials } = registry()
    return { host, username: credentials?.username ?? '', password: credentials?.password ?? '' }
  }

  test('wasmpack reads what oras login wrote, and is refused after oras logout', async () => {
    const { host, username, password } = who()
    const pushed = await pushFresh(bench, registry())
    rmSync(configFile())
    const login = ['login', '--plain-http', host, '-u', username, '--password-stdin']
    expect(await bench.attemptPeer('oras', login, { stdin: password })).toMatchObject({ exit: 0 })
    await bench.wasmpack('resolve', pushed.tagged)
    await bench.peer('oras', 'logout', host)
    expect(await bench.attempt(['resolve', pushed.tagged])).toMatchObject({ exit: 7 })
  })

  test('oras and crane read what wasmpack login wrote, and are refused after wasmpack logout', async () => {
    const { host, username, password } = who()
    rmSync(configFile())
    const login = ['login', host, '-u', username, '--password-stdin']
    expect(await bench.attempt(login, { stdin: password })).toMatchObject({ exit: 0 })
    const pushed = await pushFresh(bench, registry())
    const resolve = ['resolve', '--plain-http', pushed.tagged]
    await bench.peer('oras', ...resolve)
    await bench.peer('crane', 'digest', pushed.tagged)
    await bench.wasmpack('logout', host)
    expect((await bench.attemptPeer('oras', resolve)).exit).not.toBe(0)
    expect((await bench.attemptPeer('crane', ['digest', pushed.tagged])).exit).not.toBe(0)
  })

  test('login with --registry-config writes a file that oras reads with its own', async () => {
    const { host, username, password } = who()
    writeFileSync(configFile(), '{}')
    const file = ['--registry-config', 'auth.json']
    const login = ['login', host, '-u', username, '--password-stdin', ...file]
    expect(await bench.attempt(login, { stdin: password })).toMatchObject({ exit: 0 })
    const tags = ['repo', 'ls', '--plain-http', host]
    await bench.peer('oras', ...tags, ...file)
    expect((await bench.attemptPeer('oras', tags)).exit).not.toBe(0)
  })

  test('the variables of a pipeline are enough, for the registry that they name', async () => {
    const { host, username, password } = who()
    storeCredentials(bench.home, host, username, password)
    const pushed = await pushFresh(bench, registry())
    writeFileSync(configFile(), '{}')
    const variables = { WASMPACK_REGISTRY_USERNAME: username, WASMPACK_REGISTRY_PASSWORD: password }
    const resolve = (named: string) =>
      bench.attempt(['resolve', pushed.tagged], { env: { ...variables, WASMPACK_REGISTRY_HOST: named } })
    expect(await resolve(host)).toMatchObject({ exit: 0 })
    expect(await resolve('registry.example.com')).toMatchObject({ exit: 7 })
  })

  test('wasmpack and oras share a credential helper', async () => {
    const { host, username, password } = who()
    const helper = bench.path('docker-credential-shelf')
    writeFileSync(helper, HELPER)
    chmodSync(helper, 0o755)
    writeFileSync(configFile(), JSON.stringify({ credsStore: 'shelf' }))
    const env = {
      PATH: [bench.home.work, bench.home.env['PATH']].join(delimiter),
      SHELF: bench.path('shelf.json'),
    }
    const login = ['login', host, '-u', username, '--password-stdin']
    expect(await bench.attempt(login, { stdin: password, env })).toMatchObject({ exit: 0 })
    expect(JSON.parse(bench.read('shelf.json').toString())).toMatchObject({ [host]: { Secret: password } })
    const tags = ['repo', 'ls', '--plain-http', host]
    expect(await bench.attemptPeer('oras', tags, { env })).toMatchObject({ exit: 0 })

    expect(await bench.attemptPeer('oras', ['logout', host], { env })).toMatchObject({ exit: 0 })
    expect((await bench.attemptPeer('oras', tags, { env })).exit).not.toBe(0)
    const again = ['login', '--plain-http', host, '-u', username, '--password-stdin']
    expect(await bench.attemptPeer('oras', again, { stdin: password, env })).toMatchObject({ exit: 0 })
    const absent = await bench.attempt(['resolve', `${host}/test/absent:1`], { env })
    expect(absent).toMatchObject({ exit: 6 })
  })

  test('a Secret of Kubernetes gives credentials as it is, and its content alone', async () => {
    const { host, username, password } = who()
    storeCredentials(bench.home, host, username, password)
    const pushed = await pushFresh(bench, registry())
    writeFileSync(configFile(), '{}')
    const auth = Buffer.from(`${username}:${password}`).toString('base64')
    const config = JSON.stringify({ auths: { [host]: { username, password, auth } } })
    const data = { '.dockerconfigjson': Buffer.from(config).toString('base64') }
    const secret = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson', data }
    bench.write('secret.json', JSON.stringify(secret))
    bench.write('dockerconfigjson', config)
    expect(await bench.attempt(['resolve', pushed.tagged])).toMatchObject({ exit: 7 })
    for (const file of ['secret.json', 'dockerconfigjson'])
      await bench.wasmpack('resolve', pushed.tagged, '--registry-config', file)
    await bench.peer(
      'oras',
      'resolve',
      '--plain-http',
      pushed.tagged,
      '--registry-config',
      'dockerconfigjson',
    )
  })

  test('a robot, with a dollar in its name and a colon in its password, logs in, pushes and pulls', async () => {
    const { host } = registry()
    writeFileSync(configFile(), '{}')
    const login = ['login', host, '-u', ROBOT.username, '--password-stdin']
    expect(await bench.attempt(login, { stdin: ROBOT.password })).toMatchObject({ exit: 0 })
    const pushed = await pushFresh(bench, registry())
    await bench.wasmpack('pull', pushed.tagged, '-o', 'by-robot.wasm', '--insecure-ignore-signature')
    expect(bench.read('by-robot.wasm')).toEqual(bench.read(pushed.file))
    await bench.peer('oras', 'resolve', '--plain-http', pushed.tagged)
  })

  test('login refuses a wrong password with exit 7, stores nothing and does not repeat it', async () => {
    const { host, username } = who()
    writeFileSync(configFile(), '{}')
    const login = ['login', host, '-u', username, '--password-stdin', '--debug']
    const refused = await bench.attempt(login, { stdin: 'wrong-password' })
    expect(refused).toMatchObject({ exit: 7 })
    expect(refused.stdout + refused.stderr).not.toContain('wrong-password')
    expect((await bench.attemptPeer('crane', ['auth', 'get', host])).stdout).not.toContain('wrong-password')
  })
}, GUARDED)

describe('tokens', () => {
  onEachRegistry((registry) => {
    const bench = useWorkbench(registry)

    test('push and pull exchange one by POST, where no password is known', async () => {
      const { host, credentials } = registry()
      const challenge = (await fetch(`http://${host}/v2/`)).headers.get('www-authenticate') ?? ''
      const [, realm = '', service = ''] = /realm="(.*?)",service="(.*?)"/.exec(challenge) ?? []
      const basic = Buffer.from(`${credentials?.username}:${credentials?.password}`).toString('base64')
      const issued = await fetch(`${realm}?service=${service}&offline_token=true`, {
        headers: { authorization: `Basic ${basic}` },
      })
      const { refresh_token: identitytoken } = (await issued.json()) as { readonly refresh_token: string }
      writeFileSync(
        join(bench.home.dockerConfig, 'config.json'),
        JSON.stringify({ auths: { [host]: { identitytoken } } }),
      )
      const pushed = await pushFresh(bench, registry())
      await bench.wasmpack('pull', pushed.tagged, '-o', 'pulled.wasm', '--insecure-ignore-signature')
      expect(bench.read('pulled.wasm')).toEqual(bench.read(pushed.file))
      await bench.peer('oras', 'resolve', '--plain-http', pushed.tagged)
    })

    test('one that was issued elsewhere is taken from stdin, for what it grants and no more', async () => {
      const pushed = await pushFresh(bench, registry())
      const { host, credentials } = registry()
      const challenge = (await fetch(`http://${host}/v2/`)).headers.get('www-authenticate') ?? ''
      const [, realm = '', service = ''] = /realm="(.*?)",service="(.*?)"/.exec(challenge) ?? []
      const basic = Buffer.from(`${credentials?.username}:${credentials?.password}`).toString('base64')
      const scope = `repository:${pushed.repository.slice(host.length + 1)}:pull`
      const issued = await fetch(`${realm}?${new URLSearchParams({ service, scope }).toString()}`, {
        headers: { authorization: `Basic ${basic}` },
      })
      const { token } = (await issued.json()) as { readonly token: string }
      rmSync(join(bench.home.dockerConfig, 'config.json'))
      const stdin = { stdin: token }
      const resolve = ['resolve', pushed.tagged, '--registry-token-stdin', '--debug']
      const run = await bench.attempt(resolve, stdin)
      expect(run).toMatchObject({ exit: 0 })
      expect(run.stdout + run.stderr).not.toContain(token)
      const tag = ['tag', pushed.pinned, 'other', '--registry-token-stdin']
      expect(await bench.attempt(tag, stdin)).toMatchObject({ exit: 7 })
    })

    test('who may only pull is told so when pushing, and nothing is published', async () => {
      storeCredentials(bench.home, registry().host, PUSHER.username, PUSHER.password)
      const pushed = await pushFresh(bench, registry())
      storeCredentials(bench.home, registry().host, READER.username, READER.password)
      await bench.wasmpack('resolve', pushed.tagged)
      const run = await bench.attempt(['push', `${pushed.repository}:2`, pushed.file])
      expect(run).toMatchObject({ exit: 7 })
      expect(run.stderr).toMatch(
        /^error: access denied: credentials from .* have no push permission on localhost:\d+\/test\//,
      )
      expect(await bench.attempt(['resolve', `${pushed.repository}:2`])).toMatchObject({ exit: 6 })
    })
  }, GUARDED.filter(isBearer))
})
