import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { computeDigest } from '../../src/oci/digest.ts'
import { OCI_MANIFEST } from '../../src/oci/media-types.ts'
import { PLATFORM, startNode } from '../stack/containerd.ts'
import { fixtureCapabilities, readFixture } from '../support/fixtures.ts'
import { freshRepository, generateKeyPair, type Pushed, pushModule } from './artifacts.ts'
import { needsContainers } from './peer.ts'
import { useServed } from './served.ts'
import { registry, useWorkbench } from './workbench.ts'

needsContainers()

const bench = useWorkbench()
const node = useServed(
  ['distribution', 'containerd', 'crictl', 'ctr', 'runc', 'busybox', 'crane'],
  (directory: string) => startNode(directory, registry('distribution').host),
)

/** Pushes a fixture. Each test takes another, so that containerd has unpacked no layer of it before. */
async function push(fixture: string, ...flags: readonly string[]): Promise<Pushed> {
  if (!bench.exists('signer.key')) await generateKeyPair(bench, 'signer')
  const [file, manifest] = [`${fixture}.wasm`, `${fixture}.yaml`]
  bench.write(file, readFixture(fixture))
  bench.write(manifest, fixtureCapabilities(fixture)!)
  const repository = freshRepository(registry('distribution'))
  return pushModule(bench, repository, file, '-c', manifest, '--key', 'signer.key', ...flags)
}

type Command = (...command: readonly string[]) => Promise<string>

/** Starts a container that has the image mounted, and runs commands in it. */
async function mount(reference: string, path: string): Promise<Command> {
  const container = await node().createContainer({ image: node().image, volumes: { [path]: reference } })
  await node().crictl('start', container)
  return (...command) => node().crictl('exec', '--sync', container, 'busybox', ...command)
}

interface Template {
  readonly spec: {
    readonly containers: readonly [{ readonly volumeMounts: readonly [{ readonly mountPath: string }] }]
    readonly volumes: readonly [{ readonly image: { readonly reference: string } }]
  }
}

describe('an image volume', () => {
  test('has the module in it as it is rendered, and nothing writes to it', async () => {
    const pushed = await push('rust-hello', '--profile', 'image', '--platform', PLATFORM)
    const unenforced = ['--allow-unenforced', 'stdio', '--allow-unenforced', 'env']
    const flags = ['--target', 'image-volume', '--key', 'signer.pub', ...unenforced]
    const { spec } = parse((await bench.wasmpack('render', pushed.tagged, ...flags)).stdout) as Template
    const { reference } = spec.volumes[0].image
    expect(reference).toBe(`${pushed.tagged}@${pushed.digest}`)
    const { mountPath } = spec.containers[0].volumeMounts[0]
    const inside = await mount(reference, mountPath)
    expect(await inside('ls', mountPath)).toBe('plugin.wasm')
    const digest = computeDigest(readFixture('rust-hello')).slice('sha256:'.length)
    const file = `${mountPath}/plugin.wasm`
    expect(await inside('sha256sum', file)).toBe(`${digest}  ${file}`)
    await expect(inside('touch', `${mountPath}/more`)).rejects.toThrow('Read-only file system')
  })

  test('has it for any platform', async () => {
    const { pinned } = await push('c-hello', '--profile', 'image', '--platform', 'wasi/wasm')
    const inside = await mount(pinned, '/wasm')
    expect(await inside('ls', '/wasm')).toBe('plugin.wasm')
  })

  test.for(['wasm', 'legacy', 'proxy-wasm'])(
    'of the profile %s is an empty directory, without an error: so render refuses it',
    async (profile) => {
      const { pinned } = await push('proxy-filter', '--profile', profile)
      const inside = await mount(pinned, '/wasm')
      expect(await inside('ls', '-A', '/wasm')).toBe('')
      const flags = ['--target', 'image-volume', '--key', 'signer.pub']
      const { exit, stderr } = await bench.attempt(['render', pinned, ...flags])
      expect(exit).not.toBe(0)
      expect(stderr).toContain('--profile image')
    },
  )
})

describe('a container', () => {
  test('is created from an image, which is unpacked', async () => {
    const { pinned } = await push('cpp-words', '--profile', 'image', '--platform', PLATFORM)
    await expect(node().createContainer({ image: pinned })).resolves.toMatch(/^[0-9a-f]{64}$/)
  })

  test('is not created from an image for wasi/wasm, which is not unpacked', async () => {
    const { pinned } = await push('zig-hello', '--profile', 'image', '--platform', 'wasi/wasm')
    await expect(node().createContainer({ image: pinned })).rejects.toThrow(/parent snapshot .* not exist/)
  })

  test('of the profile wasm needs a command, unless --entrypoint names one', async () => {
    const { pinned } = await push('rust-env')
    await expect(node().createContainer({ image: pinned })).rejects.toThrow('no command specified')
    await expect(node().createContainer({ image: pinned, command: ['/'] })).resolves.toMatch(/./)
    const started = await push('rust-env', '--entrypoint', 'app.wasm')
    await expect(node().createContainer({ image: started.pinned })).resolves.toMatch(/./)
  })

  test('of the profile wasm is of another artifact with the same config, although a digest pins it', async () => {
    const { pinned, other } = await pushWithConfigOf('as-hello', 'as-plain')
    await node().crictl('pull', other)
    const container = await node().createContainer({ image: pinned, command: ['/'] })
    expect(await node().readImageName(container)).toBe(other)
  })

  test('of an image is not: its config says what the layers hold', async () => {
    const flags = ['--profile', 'image', '--platform', PLATFORM]
    const { pinned, other } = await pushWithConfigOf('as-hello', 'as-plain', ...flags)
    await expect(node().crictl('pull', other)).rejects.toThrow('wrong diff id')
    const container = await node().createContainer({ image: pinned })
    expect(await node().readImageName(container)).toBe(pinned)
  })
})

/** Two artifacts, of which the other has its own layer and the config of the first. */
async function pushWithConfigOf(
  fixture: string,
  another: string,
  ...flags: readonly string[]
): Promise<{ readonly pinned: string; readonly other: string }> {
  const [first, second] = [await push(fixture, ...flags), await push(another, ...flags)]
  const { config } = await readManifest(first.pinned)
  await bench.peer('crane', 'copy', first.pinned, `${second.repository}:blobs`)
  const [host, ...path] = second.repository.split('/')
  const response = await fetch(`http://${host}/v2/${path.join('/')}/manifests/other`, {
    method: 'PUT',
    body: JSON.stringify({ ...(await readManifest(second.pinned)), config }),
    headers: { 'content-type': OCI_MANIFEST },
  })
  expect(response.status).toBe(201)
  return { pinned: first.pinned, other: `${second.repository}:other` }
}

async function readManifest(reference: string): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await bench.peer('crane', 'manifest', reference)
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>
}
