import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'

import {
  type CredentialFileOptions,
  listCredentialFiles,
  findCredentialStorePath,
} from '../../../../src/config/credential-files.ts'
import {
  removeCredential,
  storeCredential,
} from '../../../../src/oci/registry/credentials/credential-store.ts'
import {
  type CredentialLookup,
  openCredentials,
} from '../../../../src/oci/registry/credentials/credentials.ts'
import { openRegistry } from '../../../../src/oci/registry/registry-target.ts'
import { Transport } from '../../../../src/http/transport.ts'
import { startRegistry } from '../../../support/registry/registry.ts'
import { until } from '../../../support/time.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'wasmpack-credentials-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

const auth = (user: string, password: string): { readonly auth: string } => ({
  auth: Buffer.from(`${user}:${password}`).toString('base64'),
})

async function write(path: string, value: unknown): Promise<string> {
  const full = join(home, path)
  await mkdir(join(full, '..'), { recursive: true })
  await writeFile(full, typeof value === 'string' ? value : JSON.stringify(value))
  return full
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function find(
  registry: string,
  places: CredentialFileOptions = {},
  repository = 'team/app',
): Promise<CredentialLookup> {
  const all = { environment: {}, home, ...places }
  return openCredentials({ files: () => listCredentialFiles(all) }).find(registry, repository)
}

const variablesOf = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`WASMPACK_REGISTRY_${name}`, value]))

/** A credential helper that keeps one secret per server in files of the home directory. */
async function installHelper(name: string, script: string): Promise<void> {
  const path = await write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  vi.stubEnv('PATH', `${join(home, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`)
}

describe('the places of credentials', () => {
  it('are asked in their order', async () => {
    await write('.config/containers/auth.json', { auths: { 'r.example': auth('podman', 'p') } })
    expect(await find('r.example')).toMatchObject({ credential: { username: 'podman' } })
    await write('.docker/config.json', { auths: { 'r.example': auth('docker', 'p') } })
    expect(await find('r.example')).toMatchObject({ credential: { username: 'docker' } })
    const named = await write('auth.json', { auths: { 'r.example': auth('named', 'p') } })
    const environment: Record<string, string> = { REGISTRY_AUTH_FILE: named }
    expect(await find('r.example', { environment })).toMatchObject({
      credential: { username: 'named' },
      from: named,
    })
    environment['DOCKER_AUTH_CONFIG'] = JSON.stringify({ auths: { 'r.example': auth('inline', 'p') } })
    expect(await find('r.example', { environment })).toMatchObject({ credential: { username: 'inline' } })
    const registryConfig = await write('mine.json', { auths: { 'r.example': auth('mine', 'p') } })
    expect(await find('r.example', { environment, registryConfig })).toMatchObject({
      credential: { username: 'mine' },
    })
    Object.assign(environment, {
      WASMPACK_REGISTRY_HOST: 'R.example',
      WASMPACK_REGISTRY_USERNAME: 'robot$ci',
      WASMPACK_REGISTRY_PASSWORD: 'a:b',
    })
    expect(await find('r.example', { environment, registryConfig })).toEqual({
      credential: { kind: 'basic', username: 'robot$ci', password: 'a:b' },
      from: '$WASMPACK_REGISTRY_PASSWORD',
    })
  })

  it.each([
    [{ TOKEN: 'abc' }, { kind: 'registry-token', token: 'abc' }],
    [{ IDENTITY_TOKEN: 'abc' }, { kind: 'identity-token', token: 'abc' }],
    [
      { IDENTITY_TOKEN: 'abc', USERNAME: 'me' },
      { kind: 'identity-token', token: 'abc', username: 'me' },
    ],
    [{ PASSWORD: '', USERNAME: '', TOKEN: '' }, undefined],
  ])('variables hold %o for the registry that they name', async (variables, credential) => {
    const environment = variablesOf({ HOST: 'r.example:5000', ...variables })
    expect((await find('r.example:5000', { environment })).credential).toEqual(credential)
    for (const registry of ['r.example', 'sub.r.example:5000', 'r.example:50001'])
      expect(await find(registry, { environment })).toEqual({})
  })

  it.each([
    [{ PASSWORD: 'canary', USERNAME: 'me' }, /PASSWORD is set without \$WASMPACK_REGISTRY_HOST/],
    [{ TOKEN: 'canary', HOST: 'https://r.example' }, /HOST is not a host/],
    [{ TOKEN: 'canary', HOST: 'r.example/team' }, /HOST is not a host/],
    [{ PASSWORD: 'canary', HOST: 'r.example' }, /PASSWORD is set without \$WASMPACK_REGISTRY_USERNAME/],
    [{ USERNAME: 'me', HOST: 'r.example' }, /USERNAME is set without \$WASMPACK_REGISTRY_PASSWORD/],
    [{ USERNAME: 'a:b', PASSWORD: 'canary', HOST: 'r.example' }, /USERNAME has a colon/],
    [{ USERNAME: 'me', PASSWORD: 'canary', TOKEN: 'canary', HOST: 'r.example' }, /are both set/],
    [{ TOKEN: 'can ary', HOST: 'r.example' }, /characters that no token has/],
  ])('variables that make no credential are refused: %o', async (variables, message) => {
    const refusal = find('r.example', { environment: variablesOf(variables) })
    await expect(refusal).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(message),
    })
    await expect(refusal).rejects.not.toThrow(/canary/)
  })

  it('are passed over when they are absent, and named ones have to be there', async () => {
    expect(await find('r.example')).toEqual({})
    expect(await find('r.example', { home: undefined })).toEqual({})
    await expect(find('r.example', { registryConfig: join(home, 'absent') })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
  })

  it('what the command line gives wins for its registry only', async () => {
    const credential = { kind: 'basic', username: 'me', password: 'p' } as const
    const credentials = openCredentials({
      explicit: { registry: 'r.example', credential },
      files: () => [],
    })
    expect(await credentials.find('r.example', 'a')).toMatchObject({ credential })
    expect(await credentials.find('s.example', 'a')).toEqual({})
  })

  it('credentialStorePath is the file of Docker', () => {
    expect(findCredentialStorePath({ environment: {}, home: '/h' })).toBe('/h/.docker/config.json')
    expect(findCredentialStorePath({ environment: { DOCKER_CONFIG: '/d' }, home: '/h' })).toBe(
      '/d/config.json',
    )
    expect(() => findCredentialStorePath({ environment: {}, home: undefined })).toThrow(/no home directory/)
  })
})

describe('the places after the first that knows the registry', () => {
  it.each(['{"auths":', '\u0000\ufffe', 'not json'])(
    'are not read, so that a damaged one is no error: %j',
    async (text) => {
      await write('.docker/config.json', text)
      const environment = variablesOf({ HOST: 'r.example', TOKEN: 'abc' })
      expect(await find('r.example', { environment })).toMatchObject({ credential: { token: 'abc' } })
      const inline = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r.example': auth('inline', 'p') } }) }
      expect(await find('r.example', { environment: inline })).toMatchObject({
        credential: { username: 'inline' },
      })
      await expect(find('s.example', { environment })).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' })
    },
  )
})

describe('the entries of a file', () => {
  it.each(['R.Example:5000', 'https://R.EXAMPLE:5000/v1/'])(
    'are matched without regard to case, also by login and logout: %s',
    async (key) => {
      const path = await write('.docker/config.json', { auths: { [key]: auth('me', 'p') } })
      expect(await find('r.example:5000')).toMatchObject({ credential: { username: 'me' } })
      await storeCredential(path, 'r.example:5000', { kind: 'basic', username: 'new', password: 'p' })
      expect(Object.keys(JSON.parse(await readFile(path, 'utf8')).auths)).toEqual(['r.example:5000'])
      await write('.docker/config.json', { auths: { [key]: auth('me', 'p') } })
      expect(await removeCredential(path, 'r.example:5000')).toBe(true)
      expect(await find('r.example:5000')).toEqual({})
    },
  )

  it('are read behind a byte order mark, in a file and in a variable', async () => {
    const text = `\ufeff${JSON.stringify({ auths: { 'r.example': auth('me', 'p') } })}`
    expect(await find('r.example', { environment: { DOCKER_AUTH_CONFIG: text } })).toMatchObject({
      credential: { username: 'me' },
    })
    await write('.docker/config.json', text)
    expect(await find('r.example')).toMatchObject({ credential: { username: 'me' } })
  })

  it.each(['ghcr.io.evil.example', 'myghcr.io', 'ghcr.io:5000', 'ghcr', 'io', '__proto__', 'constructor'])(
    'S17: are not matched in part: %s',
    async (registry) => {
      await write('.docker/config.json', { auths: { 'ghcr.io': auth('me', 'p') }, credHelpers: {} })
      expect(await find(registry)).toEqual({})
    },
  )

  it.each([
    'r.example:5000',
    'https://r.example:5000',
    'https://r.example:5000/v1/',
    'http://r.example:5000/v2/',
  ])('are matched when written as %s', async (key) => {
    await write('.docker/config.json', { auths: { [key]: auth('me', 'a:b') } })
    expect(await find('r.example:5000')).toMatchObject({
      credential: { kind: 'basic', username: 'me', password: 'a:b' },
    })
  })

  it("know Docker Hub's own key", async () => {
    await write('.docker/config.json', { auths: { 'https://index.docker.io/v1/': auth('hub', 'p') } })
    expect(await find('docker.io')).toMatchObject({ credential: { username: 'hub' } })
  })

  it("are matched by the longest part of the name in podman's files, and by host alone in Docker's", async () => {
    const auths = { 'r.example': auth('host', 'p'), 'r.example/team': auth('team', 'p') }
    await write('.config/containers/auth.json', { auths })
    expect(await find('r.example', {}, 'team/app')).toMatchObject({ credential: { username: 'team' } })
    expect(await find('r.example', {}, 'teams/app')).toMatchObject({ credential: { username: 'host' } })
    await write('.docker/config.json', { auths })
    expect(await find('r.example', {}, 'team/app')).toMatchObject({ credential: { username: 'host' } })
  })

  it('may be identity and registry tokens', async () => {
    await write('.docker/config.json', {
      auths: {
        'a.example': { ...auth('0000', ''), identitytoken: 'refresh' },
        'b.example': { registrytoken: 'bearer' },
      },
    })
    expect((await find('a.example')).credential).toMatchObject({ kind: 'identity-token', token: 'refresh' })
    expect((await find('b.example')).credential).toEqual({ kind: 'registry-token', token: 'bearer' })
  })

  it.each(['{"auths":', '[]', '{"auths":{"r.example":{"auth":"bm9jb2xvbg=="}}}'])(
    'that are malformed are an error without their content: %s',
    async (text) => {
      const path = await write('.docker/config.json', text)
      const failure: unknown = await find('r.example').catch((error: unknown) => error)
      expect(failure).toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringContaining(path) as string,
      })
      expect(String(failure)).not.toContain('bm9j')
    },
  )
})

describe('other forms of the file', () => {
  const auths = { 'r.example': auth('robot$team+ci', 'a:b') }
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
  const right = { credential: { kind: 'basic', username: 'robot$team+ci', password: 'a:b' } }

  it.each([
    ["a Secret's mounted file", { auths }],
    ["an old Secret's mounted file", auths],
    ['a Secret', { kind: 'Secret', data: { '.dockerconfigjson': base64({ auths }) } }],
    ['an old Secret', { kind: 'Secret', data: { '.dockercfg': base64(auths) } }],
    [
      'a Secret in plain text',
      { kind: 'Secret', stringData: { '.dockerconfigjson': JSON.stringify({ auths }) } },
    ],
    ['a password that ends in NUL bytes', { auths: { 'r.example': auth('robot$team+ci', 'a:b\0\0') } }],
    [
      'auth beside another user',
      { auths: { 'r.example': { ...auths['r.example'], username: 'x', password: 'y' } } },
    ],
    ['no auth', { auths: { 'r.example': { username: 'robot$team+ci', password: 'a:b' } } }],
  ])('are read: %s', async (_, content) => {
    const registryConfig = await write('.dockerconfigjson', content)
    expect(await find('r.example', { registryConfig })).toMatchObject(right)
  })

  it('are read from ~/.dockercfg, last of all', async () => {
    await write('.dockercfg', auths)
    expect(await find('r.example')).toMatchObject(right)
    await write('.config/containers/auth.json', { auths: { 'r.example': auth('podman', 'p') } })
    expect(await find('r.example')).toMatchObject({ credential: { username: 'podman' } })
  })

  it('are never written into', async () => {
    for (const content of [auths, { kind: 'Secret', data: {} }]) {
      const path = await write('other', content)
      await expect(
        storeCredential(path, 's.example', { kind: 'basic', username: 'me', password: 'p' }),
      ).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' })
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(content)
    }
  })

  it.each([
    ['YAML', 'apiVersion: v1\nkind: Secret\ndata: {}\n', /kubectl get secret NAME -o json/],
    ['a Secret of another kind', '{"kind":"Secret","data":{"password":"eA=="}}', /fix or delete/],
    ['a token that breaks a header', '{"auths":{"r.example":{"registrytoken":"a\\r\\nb"}}}', /fix or delete/],
  ])('are an error with a hint: %s', async (_, text, hint) => {
    const registryConfig = await write('file', text)
    await expect(find('r.example', { registryConfig })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: expect.stringMatching(hint) as string,
    })
  })

  it('do not lead to a helper that would keep a registry token as something else', async () => {
    const path = await write('config.json', { credsStore: 'keep' })
    await expect(
      storeCredential(path, 'r.example', { kind: 'registry-token', token: 't' }),
    ).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('credential helpers', () => {
  it('are not asked where credHelpers names none for the registry: the file has the credential', async () => {
    await installHelper('store', 'echo \'{"Username":"store","Secret":"s"}\'')
    const path = await write('.docker/config.json', {
      credsStore: 'store',
      credHelpers: { 'R.example': '' },
      auths: { 'r.example': auth('file', 'p') },
    })
    expect(await find('r.example')).toMatchObject({ credential: { username: 'file' } })
    expect(await find('s.example')).toMatchObject({ credential: { username: 'store' } })
    const credential = { kind: 'basic', username: 'new', password: 'p' } as const
    expect(await storeCredential(path, 'r.example', credential)).toEqual({ place: path })
    expect(await removeCredential(path, 'r.example')).toBe(true)
  })

  it('are named when they give an empty secret, and the next place is asked', async () => {
    await installHelper('hollow', 'echo \'{"Username":"me","Secret":""}\'')
    await write('.docker/config.json', { credsStore: 'hollow' })
    expect(await find('r.example')).toEqual({
      problem: 'the credential helper docker-credential-hollow gave an empty secret for r.example',
    })
    await write('.config/containers/auth.json', { auths: { 'r.example': auth('podman', 'p') } })
    expect(await find('r.example')).toMatchObject({ credential: { username: 'podman' } })
  })

  it('are believed although a child of theirs keeps the output open', async () => {
    await installHelper(
      'lingering',
      `sleep 60 & echo $! > "${home}/pid"; echo '{"Username":"me","Secret":"s"}'`,
    )
    await write('.docker/config.json', { credsStore: 'lingering' })
    expect(await find('r.example')).toMatchObject({ credential: { username: 'me', password: 's' } })
    process.kill(Number(await readFile(join(home, 'pid'), 'utf8')), 'SIGKILL')
  })

  it('get no password of wasmpack, cosign or another registry, and what they and their user need', async () => {
    await installHelper('env', `env > "${home}/env"; echo '{"Username":"me","Secret":"s"}'`)
    await write('.docker/config.json', { credsStore: 'env' })
    const secrets = {
      COSIGN_PASSWORD: 'canary',
      WASMPACK_REGISTRY_PASSWORD: 'canary',
      WASMPACK_REGISTRY_TOKEN: 'canary',
      DOCKER_AUTH_CONFIG: 'canary',
      CI_JOB_TOKEN: 'canary',
      DATABASE_URL: 'postgres://me:canary@db.example/app',
      OTHER_REGISTRY_PSW: 'canary',
      SIGSTORE_ID_TOKEN: 'canary',
    }
    const needed = {
      AWS_SECRET_ACCESS_KEY: 'team',
      SHELF: '/home/me/shelf',
      SSH_AUTH_SOCK: '/run/agent',
      XDG_RUNTIME_DIR: '/run/me',
      GITHUB_TOKEN: 'mine',
    }
    for (const [name, value] of Object.entries({
      ...secrets,
      ...needed,
      WASMPACK_CREDENTIAL_HELPER_ENV: 'OTHER, GITHUB_TOKEN',
    }))
      vi.stubEnv(name, value)
    await find('r.example')
    const seen = await readFile(join(home, 'env'), 'utf8')
    expect(seen).not.toContain('canary')
    for (const [name, value] of Object.entries(needed)) expect(seen).toContain(`${name}=${value}\n`)
    expect(seen).toMatch(/^HOME=/m)
  })

  it('S24: may answer for a robot account, and are asked once for all repositories of a registry', async () => {
    await installHelper(
      'robot',
      `echo asked >> "${home}/asked"; echo '{"Username":"robot$team+ci","Secret":"s"}'`,
    )
    await write('.docker/config.json', { credsStore: 'robot' })
    const credentials = openCredentials({ files: () => listCredentialFiles({ environment: {}, home }) })
    for (const repository of ['team/app', 'team/other'])
      expect(await credentials.find('r.example', repository)).toMatchObject({
        credential: { username: 'robot$team+ci', password: 's' },
      })
    expect(await readFile(join(home, 'asked'), 'utf8')).toBe('asked\n')
    credentials.forget('r.example')
    await credentials.find('r.example', 'team/app')
    expect(await readFile(join(home, 'asked'), 'utf8')).toBe('asked\nasked\n')
  })

  it('are asked by the exact name of the registry, before the entries', async () => {
    await installHelper(
      'fake',
      'read server; printf \'{"ServerURL":"%s","Username":"for %s","Secret":"s"}\' "$server" "$server"',
    )
    await write('.docker/config.json', {
      credHelpers: { 'r.example': 'fake' },
      auths: { 'r.example': auth('file', 'p'), 's.example': auth('file', 'p') },
    })
    expect(await find('r.example')).toMatchObject({
      credential: { username: 'for r.example', password: 's' },
    })
    expect(await find('s.example')).toMatchObject({ credential: { username: 'file' } })
  })

  it('may keep identity tokens, and may have nothing', async () => {
    await installHelper('token', 'echo \'{"Username":"<token>","Secret":"refresh"}\'')
    await installHelper('empty', 'echo "credentials not found in native keychain"; exit 1')
    await write('.docker/config.json', {
      credHelpers: { 'r.example': 'token', 's.example': 'empty' },
      auths: { 's.example': auth('file', 'p') },
    })
    expect((await find('r.example')).credential).toEqual({ kind: 'identity-token', token: 'refresh' })
    expect(await find('s.example')).toMatchObject({ credential: { username: 'file' } })
  })

  it.each([
    ['fails', 'failing', 'echo secret words; exit 3', /failed with status 3/],
    ['answers nonsense', 'nonsense', 'echo secret words', /did not follow the credential helper protocol/],
    ['writes too much', 'loud', 'yes', /printed too much output/],
    ['does not exist', 'absent', undefined, /could not be started/],
    ['has a path for a name', '../../bin/sh', undefined, /is not a valid name/],
    ['has a command for a name', 'x; touch pwned', undefined, /is not a valid name/],
    [
      'has a name that drives a terminal',
      'x\u001b[2J\u202e',
      undefined,
      /"x\\u\{1b\}\[2J\\u\{202e\}" is not/,
    ],
  ])('S24: are told of when one %s', async (_, name, script, words) => {
    if (script !== undefined) await installHelper(name, script)
    await write('.docker/config.json', { credsStore: name })
    const found = await find('r.example')
    expect(found.credential).toBeUndefined()
    expect(found.problem).toMatch(words)
    expect(found.problem).not.toContain('secret words')
  })

  it('are stopped when the request is aborted that needs them', async () => {
    await installHelper('slow', `echo $$ > "${home}/pid"; exec sleep 60`)
    await write('.docker/config.json', { credsStore: 'slow' })
    const registry = await startRegistry({ auth: { kind: 'basic', username: 'me', password: 'p' } })
    const transport = new Transport()
    onTestFinished(async () => {
      transport.close()
      await registry.close()
    })
    const credentials = openCredentials({ files: () => listCredentialFiles({ environment: {}, home }) })
    const reference = { kind: 'registry', registry: registry.host, repository: 'team/app' } as const
    const target = openRegistry(reference, { transport, credentials })
    const abort = new AbortController()
    const reason = new Error('enough')
    const asked = target.tags({ signal: abort.signal })
    const outcome = expect(asked).rejects.toBe(reason)
    const pid = async (): Promise<number> => Number(await readFile(join(home, 'pid'), 'utf8').catch(() => ''))
    await until(async () => (await pid()) > 0)
    const helper = await pid()
    abort.abort(reason)
    await outcome
    await until(() => !isAlive(helper))
    await expect(target.tags({ signal: abort.signal })).rejects.toBe(reason)
  })
})

describe('login and logout', () => {
  const credential = { kind: 'basic', username: 'me', password: 'p:w' } as const

  it('storeCredential writes for the owner only, keeps foreign fields, and is found again', async () => {
    const path = await write('.docker/config.json', {
      HttpHeaders: { 'X-Meta': '1' },
      auths: { 'https://r.example/v1/': auth('old', 'p'), 's.example': auth('other', 'p') },
    })
    expect(await storeCredential(path, 'r.example', credential)).toEqual({ place: path })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      HttpHeaders: { 'X-Meta': '1' },
      auths: { 's.example': auth('other', 'p'), 'r.example': auth('me', 'p:w') },
    })
    expect(await find('r.example')).toMatchObject({ credential })
    expect(await removeCredential(path, 'r.example')).toBe(true)
    expect(await removeCredential(path, 'r.example')).toBe(false)
    expect(await find('s.example')).toMatchObject({ credential: { username: 'other' } })
  })

  it('storeCredential makes the directory, and follows a link to the file', async () => {
    const path = join(home, 'new', 'config.json')
    await storeCredential(path, 'docker.io', credential)
    const link = join(home, 'link.json')
    await symlink(path, link)
    await storeCredential(link, 'r.example', { kind: 'identity-token', token: 'refresh' })
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      auths: { 'https://index.docker.io/v1/': auth('me', 'p:w'), 'r.example': { identitytoken: 'refresh' } },
    })
  })

  it('storeCredential leaves a file alone that it does not understand', async () => {
    const path = await write('config.json', 'not json')
    await expect(storeCredential(path, 'r.example', credential)).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
    })
    expect(await readFile(path, 'utf8')).toBe('not json')
  })

  it('storeCredential and removeCredential hand over to a helper', async () => {
    await installHelper('keep', `cat > "${home}/$1.json"`)
    const path = await write('config.json', { credsStore: 'keep' })
    expect(await storeCredential(path, 'r.example', credential)).toEqual({ place: 'docker-credential-keep' })
    expect(JSON.parse(await readFile(join(home, 'store.json'), 'utf8'))).toEqual({
      ServerURL: 'r.example',
      Username: 'me',
      Secret: 'p:w',
    })
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      credsStore: 'keep',
      auths: { 'r.example': {} },
    })
    expect(await removeCredential(path, 'r.example')).toBe(true)
    expect(await readFile(join(home, 'erase.json'), 'utf8')).toBe('r.example')
  })
})
