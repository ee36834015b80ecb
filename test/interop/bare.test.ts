import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, inject, test } from 'vitest'
import { parse } from 'yaml'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { type Run, runChild, transcript } from '../support/child.ts'
import { freshRepository, generateKeyPair, writeModule } from './artifacts.ts'
import { largeModule } from './modules.ts'
import { needsCommand, standAside } from './peer.ts'
import { useSigstore } from './sigstore.ts'
import { KEY_PASSWORD, registry, useWorkbench } from './workbench.ts'

// A pipeline's container: uid 65534, no variable but PATH, no home, no terminal, and a root that nobody can write to.

needsCommand('unshare')
needsCommand('setpriv')
if (process.getuid?.() !== 0) standAside('a read-only root needs root')

const ROOT = join(import.meta.dirname, '../..')
const bench = useWorkbench()

/** The workspace is at /mnt, because the directories above it belong to root. */
const CONFINE = `mount --bind "$0" /mnt && mount -t tmpfs -o mode=1777 none /mnt/volume &&
mount -o remount,bind,ro / && mount -o remount,bind,ro /mnt && cd /mnt &&
exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs env -i "$@"`

/** Runs a command in such a container, with wasmpack on the path; `volume` is the one directory in it that can be written to. */
const runBare = (command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> => {
  const variables = Object.entries({ PATH: '/mnt/bin:/usr/bin:/bin', ...env }).map(
    ([name, value]) => `${name}=${value}`,
  )
  return runChild('unshare', ['--mount', 'sh', '-c', CONFINE, bench.home.work, ...variables, ...command], {
    env: { PATH: process.env['PATH']! },
  })
}

async function succeed(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const run = await runBare(['wasmpack', ...args], env)
  expect(run.exit, transcript(run)).toBe(0)
  return run.stdout
}

const PASSWORD = { COSIGN_PASSWORD: KEY_PASSWORD }

beforeAll(async () => {
  await writeModule(bench, 'app.wasm')
  await generateKeyPair(bench, 'cosign')
  mkdirSync(bench.path('volume'))
  for (const part of ['bin', 'dist', 'assets', 'package.json'])
    cpSync(join(ROOT, part), bench.path(join('wasmpack', part)), { recursive: true })
  mkdirSync(bench.path('bin'))
  symlinkSync('/mnt/wasmpack/bin/wasmpack.cjs', bench.path('bin/wasmpack'))
  symlinkSync(process.execPath, bench.path('bin/node'))
  // The place belongs to root: others may read it, as in an image.
  await runChild('chmod', ['-R', 'a+rX', bench.home.work], { env: { PATH: '/usr/bin:/bin' } })
})

test('validate, push, verify, pull with a key', async () => {
  const reference = `${freshRepository(registry('distribution'))}:1`
  const before = readdirSync(bench.home.work)
  expect(await succeed(['validate', 'app.wasm'])).toContain('allowed')
  const pinned = (await succeed(['push', reference, 'app.wasm', '--key', 'cosign.key'], PASSWORD)).trim()
  expect(await succeed(['verify', pinned, '--key', 'cosign.pub'])).toContain('verified')
  expect(await succeed(['resolve', reference])).toBe(`${pinned}\n`)
  expect(await succeed(['pull', pinned, '--key', 'cosign.pub', '-o', 'volume/app.wasm'])).toBe(`${pinned}
`)
  const piped = await runBare(['wasmpack', 'pull', pinned, '--key', 'cosign.pub', '-o', '-'])
  expect(Buffer.byteLength(piped.stdout)).toBeGreaterThan(0)
  expect(piped).toMatchObject({ exit: 0, stderr: expect.not.stringContaining('warning') })
  expect(readdirSync(bench.home.work)).toEqual(before)
})

describe('signed as an identity', () => {
  const sigstore = useSigstore()

  test('sign --keyless with the token of a job, and verify', async () => {
    const { issuer, signingConfigs, trustedRoot } = sigstore()
    const reference = `${freshRepository(registry('distribution'))}:1`
    const pinned = (await succeed(['push', reference, 'app.wasm'])).trim()
    bench.write('signing_config.json', readFileSync(signingConfigs.rekor2))
    bench.write('trusted_root.json', readFileSync(trustedRoot))
    const services = ['--signing-config', 'signing_config.json', '--trusted-root', 'trusted_root.json']
    const token = { SIGSTORE_ID_TOKEN: await fetchToken(issuer, 'alice') }
    await succeed(['sign', pinned, '--keyless', '--yes', ...services], token)
    const who = ['--certificate-identity', 'alice@example.test', '--certificate-oidc-issuer', issuer]
    expect(await succeed(['verify', pinned, ...who, '--trusted-root', 'trusted_root.json'])).toContain(
      'verified',
    )
  })
})

test('what needs space says which variable names it', async () => {
  const reference = `${freshRepository(registry('distribution'))}:1`
  await writeModule(bench, 'large.wasm', largeModule(20 * 1024 * 1024))
  await bench.wasmpack('push', reference, 'large.wasm')
  const pull = ['pull', reference, '--insecure-ignore-signature', '-o', '-']
  const refused = await runBare(['wasmpack', ...pull])
  expect(refused, refused.stderr).toMatchObject({ exit: 10, stdout: '' })
  expect(refused.stderr).toContain('hint: set TMPDIR to a directory that can be written to')
  expect((await succeed(pull, { TMPDIR: 'volume' })).length).toBeGreaterThan(1024)
  expect(existsSync(bench.path('volume/app.wasm'))).toBe(false)
})

describe('the script of docs/ci.md', () => {
  const PAGE = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8')
  const take = (pattern: RegExp): string => {
    const found = pattern.exec(PAGE)?.[1]
    if (found === undefined) throw new Error(`docs/ci.md has no ${pattern}`)
    return found
  }
  const TASK = parse(take(/^(apiVersion: tekton[^]*?)^```$/m)) as {
    readonly spec: { readonly steps: readonly { readonly script: string }[] }
  }
  const LINES: readonly (readonly [string, string])[] = [
    ['a shell', 'sh publish.sh app.wasm "$REFERENCE"'],
    ['Jenkins', take(/^ *sh '(.*)'$/m).replace('registry.example.com/team/app:1.0.0', '"$REFERENCE"')],
    [
      'Tekton',
      TASK.spec.steps[0]!.script.replace('$(results.reference.path)', 'volume/reference') +
        'cat volume/reference',
    ],
  ]

  test.each(LINES)('publishes from %s', async (_, script) => {
    bench.write('publish.sh', take(/^(#!\/bin\/sh\n# publish\.sh [^]*?)^```$/m))
    const { host, credentials } = inject('registries').find((endpoint) => endpoint.credentials !== undefined)!
    const { username, password } = credentials!
    const repository = `${host}/ci/${randomBytes(6).toString('hex')}`
    const run = await runBare(['sh', '-c', script], {
      REFERENCE: `${repository}:1.0.0`,
      REGISTRY_USERNAME: username,
      REGISTRY_PASSWORD: password,
      REGISTRY_USR: username,
      REGISTRY_PSW: password,
      ...PASSWORD,
    })
    expect(run.exit, transcript(run)).toBe(0)
    expect(run.stdout.split('\n').at(-2)).toMatch(new RegExp(`^${repository}@sha256:[0-9a-f]{64}$`))
    expect(run.stdout + run.stderr).not.toContain(password)
  })
})
