import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, afterAll, describe, expect, test } from 'vitest'

import { buildExecutable } from '../../scripts/release/executable/build-executable.ts'
import { readExecutable } from '../../scripts/release/executable/read-executable.ts'
import { PLATFORMS } from '../../scripts/release/platforms.ts'
import { runChild, transcript } from '../support/child.ts'
import { fixturePath } from '../support/fixtures.ts'
import { needsRelease } from './peer.ts'
import { findRelease, VERSION } from './release.ts'

needsRelease()
const release = findRelease()!

let work: string
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'wasmpack-executable-test-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

async function hash(path: string): Promise<string> {
  const digester = createHash('sha256')
  for await (const chunk of createReadStream(path)) digester.update(chunk as Uint8Array)
  return digester.digest('hex')
}

test('a second build for this platform has the same digest', async () => {
  const again = join(work, 'again')
  await buildExecutable(PLATFORMS[0]!, again)
  expect(await hash(again)).toBe(await hash(release.executable))
})

test.each([
  ['linux-arm64', 'ELF', 'arm64'],
  ['darwin-arm64', 'Mach-O', 'arm64'],
  ['darwin-x64', 'Mach-O', 'x64'],
  ['win-x64', 'PE', 'x64'],
] as const)('the executable for %s has its format, and the bundle inside', async (name, format, machine) => {
  const path = join(work, name)
  await buildExecutable(
    PLATFORMS.find((platform) => platform.name === name)!,
    path,
  )
  const found = readExecutable(readFileSync(path))
  expect(found).toMatchObject({ format, machine })
  expect(found.blob.includes(readFileSync('dist/cli.cjs'))).toBe(true)
  expect(found.blob.includes(readFileSync('assets/wit/wasi-http-0.3.0.wasm'))).toBe(true)
  rmSync(path)
})

describe('the executable', () => {
  /** Without PATH, HOME and anything else, in a directory without anything. */
  const run = (...args: readonly string[]) => runChild(release.executable, args, { env: {}, cwd: work })

  test('runs without Node', async () => {
    expect(await run('--version')).toMatchObject({ exit: 0, stdout: `${VERSION}\n`, stderr: '' })
  })

  test('names the pages beside it', async () => {
    const shown = await run('version', '--format', 'json')
    expect(JSON.parse(shown.stdout), transcript(shown)).toMatchObject({
      installation: { kind: 'executable', directory: release.directory },
      documentation: join(release.directory, 'docs'),
    })
  })

  test('has the worlds of WASI inside', async () => {
    const shown = await run('validate', fixturePath('http-serve'), '--target', 'wasi:http/proxy@0.2')
    expect(shown.exit, transcript(shown)).toBe(0)
  })

  test('has the parser of WIT text inside', async () => {
    writeFileSync(join(work, 'app.wit'), 'package a:b; world w { import wasi:clocks/none; }')
    const shown = await run('validate', fixturePath('hello-component'), '--wit', 'app.wit')
    expect(shown.stderr).toContain("package 'wasi:clocks' not found")
  })
})

test('the bill of materials lists Node and every package of the bundle', () => {
  const sbom = JSON.parse(readFileSync(join(release.directory, 'sbom.cdx.json'), 'utf8')) as {
    readonly components: readonly {
      readonly name: string
      readonly components?: readonly { name: string }[]
    }[]
  }
  const modules = JSON.parse(readFileSync('dist/modules.json', 'utf8')) as readonly string[]
  const bundled = modules.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  expect(bundled).toContain('yaml')
  const names = sbom.components.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(bundled))
  const node = sbom.components.find(({ name }) => name === 'node')!
  expect(node.components!.map(({ name }) => name)).toEqual(expect.arrayContaining(['v8', 'openssl', 'zlib']))
})

test('the licences of the bundle, of wasm-tools and of Node are beside the executable', () => {
  const texts = readFileSync(join(release.directory, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
  for (const name of ['commander ', 'wasm-tools, jco', 'Node.js is licensed for use', 'OpenSSL'])
    expect(texts).toContain(name)
})

test('SHA256SUMS has the digest of each file', async () => {
  expect([...release.sums.keys()]).toContain(`wasmpack-${VERSION}-linux-x64.tar.xz`)
  for (const [file, sum] of release.sums) expect(await hash(join('release', file)), file).toBe(sum)
})

test('the Homebrew formula has the digests of the archives and leaves their address open', () => {
  const formula = readFileSync('release/wasmpack.rb', 'utf8')
  const archives = [...release.sums].filter(([file]) => /-(?:linux|darwin)-.*\.tar\.xz$/.test(file))
  expect(archives.length).toBeGreaterThan(0)
  for (const [file, sum] of archives)
    expect(formula).toContain(`url "RELEASE_URL/${file}"\n      sha256 "${sum}"`)
})
