import { execFileSync } from 'node:child_process'
import { copyFileSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { buildImage } from '../../scripts/release/image/build-image.ts'
import { PLATFORMS } from '../../scripts/release/platforms.ts'
import { type Run, runChild, transcript } from '../support/child.ts'
import { createHome, type Home, runWasmpack } from '../support/cli.ts'
import { fixtureCapabilities, fixturePath } from '../support/fixtures.ts'
import { type Registry, startRegistry } from '../support/registry/registry.ts'
import { needsContainers, needsPeers, needsRelease, peer } from './peer.ts'
import { findRelease, VERSION } from './release.ts'

needsRelease()
needsContainers()
needsPeers('cosign')
const release = findRelease()!

interface Document {
  readonly manifests: readonly {
    readonly digest: string
    readonly platform: { readonly architecture: string }
    readonly annotations?: Readonly<Record<string, string>>
  }[]
  readonly layers: readonly { readonly digest: string }[]
  readonly config: { readonly digest: string }
}
const blobPath = (layout: string, digest: string): string => join(layout, 'blobs', digest.replace(':', '/'))
const readBlob = (layout: string, digest: string): Document =>
  JSON.parse(readFileSync(blobPath(layout, digest), 'utf8')) as Document
/** The index that the version names. */
function readRoot(layout: string): Document {
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Document
  const named = manifests.find(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === VERSION,
  )
  return readBlob(layout, named!.digest)
}
const findAmd64 = (layout: string): string =>
  readRoot(layout).manifests.find(({ platform }) => platform.architecture === 'amd64')!.digest

let work: string
let root: string
let home: Home
let registry: Registry
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'wasmpack-image-test-'))
  home = createHome()
  registry = await startRegistry()
  root = join(work, 'root')
  mkdirSync(root)
  for (const { digest } of readBlob(release.image, findAmd64(release.image)).layers)
    execFileSync('tar', ['-xzf', blobPath(release.image, digest), '-C', root])
})
afterAll(async () => {
  await registry.close()
  home.dispose()
  rmSync(work, { recursive: true, force: true })
})

/** Runs the image's entrypoint as a runtime would: as its user, on a root that is read-only, with a volume at /tmp. */
function runInImage(volume: string, ...args: readonly string[]): Promise<Run> {
  const script = `mount --bind "$ROOT" "$ROOT" && mount -o remount,bind,ro "$ROOT" && mount --bind "$VOLUME" "$ROOT/tmp" &&
    mount --rbind /proc "$ROOT/proc" && exec chroot --userspec=65532:65532 "$ROOT" /usr/bin/wasmpack "$@"`
  return runChild('unshare', ['--mount', 'sh', '-c', script, 'sh', ...args], {
    env: {
      PATH: process.env['PATH']!,
      ROOT: root,
      VOLUME: volume,
      COSIGN_PASSWORD: 'image',
      HOME: '/home/nonroot',
    },
  })
}

test('the image has a user, an entrypoint, no shell and nothing else to start', () => {
  const config = readBlob(release.image, readBlob(release.image, findAmd64(release.image)).config.digest)
  expect(config).toMatchObject({
    architecture: 'amd64',
    config: { User: '65532:65532', Entrypoint: ['/usr/bin/wasmpack'] },
  })
  const programs = execFileSync('find', ['.', '-type', 'f', '-perm', '-u+x', '!', '-name', '*.so*'], {
    cwd: root,
  })
  expect(programs.toString()).toBe('./usr/bin/wasmpack\n')
})

test('in the image wasmpack pushes, and pulls what it verified, on a read-only root', async () => {
  const volume = join(work, 'volume')
  mkdirSync(volume)
  chownSync(volume, 65_532, 65_532)
  copyFileSync(fixturePath('rust-hello'), join(volume, 'app.wasm'))
  writeFileSync(join(volume, 'app.capabilities.yaml'), fixtureCapabilities('rust-hello')!)
  const expectSuccess = async (...args: readonly string[]): Promise<string> => {
    const run = await runInImage(volume, ...args)
    expect(run.exit, transcript(run)).toBe(0)
    return run.stdout
  }
  expect(await expectSuccess('--version')).toBe(`${VERSION}\n`)
  await expectSuccess('generate-key-pair', '--output-key-prefix', '/tmp/cosign')
  const reference = `${registry.host}/team/app:1`
  await expectSuccess('push', reference, '/tmp/app.wasm', '--key', '/tmp/cosign.key')
  await expectSuccess('pull', reference, '--key', '/tmp/cosign.pub', '-o', '/tmp/pulled.wasm')
  expect(readFileSync(join(volume, 'pulled.wasm')).equals(readFileSync(fixturePath('rust-hello')))).toBe(true)
  const refused = await runInImage(
    volume,
    'pull',
    reference,
    '--key',
    '/tmp/cosign.pub',
    '-o',
    '/home/nonroot/x.wasm',
  )
  expect(refused, transcript(refused)).toMatchObject({ exit: 10 })
})

test('wasmpack copies the image to a registry, and signs it as cosign verifies it', async () => {
  const wasmpack = async (...args: readonly string[]): Promise<string> => {
    const run = await runWasmpack(home, args, { env: { COSIGN_PASSWORD: 'image' } })
    expect(run.exit, transcript(run)).toBe(0)
    return run.stdout.trim()
  }
  const published = `${registry.host}/tools/wasmpack`
  await wasmpack('generate-key-pair')
  await wasmpack('copy', `oci-layout:${release.image}:${VERSION}`, `${published}:${VERSION}`)
  const named = await wasmpack('resolve', `${published}:${VERSION}`)
  await wasmpack('sign', named, '--key', 'cosign.key')
  const verified = await runChild(
    peer('cosign'),
    ['verify', '--key', 'cosign.pub', '--insecure-ignore-tlog', `${published}:${VERSION}`],
    { cwd: home.work, env: home.env },
  )
  expect(verified.exit, transcript(verified)).toBe(0)
  expect(verified.stdout).toContain(named.slice(named.indexOf('sha256:')))
})

test('a second build of the image has the same digest', async () => {
  const again = join(work, 'again')
  await buildImage([{ platform: PLATFORMS[0]!, directory: release.directory }], again, VERSION)
  expect(findAmd64(again)).toBe(findAmd64(release.image))
})
