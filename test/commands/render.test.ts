import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { fixturePath } from '../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../support/in-process.ts'
import { opened } from '../support/registry/opened.ts'

interface Scene {
  readonly host: string
  /** The tag `1` of a repository that is named after the fixture. */
  push(fixture: string, ...flags: readonly string[]): Promise<string>
  render(fixture: string, target: string, ...flags: readonly string[]): Promise<InProcessRun>
}

async function scene(): Promise<Scene> {
  const { registry } = await opened()
  const { host } = registry
  return {
    host,
    push: async (fixture, ...flags) => {
      const run = await runCommand(['push', `${host}/team/${fixture}:1`, fixturePath(fixture), ...flags])
      if (run.error) throw run.error
      return run.text
    },
    render: (fixture, target, ...flags) =>
      runCommand([
        'render',
        `${host}/team/${fixture}:1`,
        '--target',
        target,
        '--insecure-ignore-signature',
        ...flags,
      ]),
  }
}

function temporaryFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-render-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'own.capabilities.yaml')
  writeFileSync(path, text)
  return path
}

const manifest = (spec: string): string =>
  `apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: {name: own}\nspec: ${spec}\n`

describe('render', () => {
  test('resolves the tag once and prints it with its digest', async () => {
    const { host, push, render } = await scene()
    await push('rust-hello')
    const { text, json, error } = await render('rust-hello', 'runwasi')
    expect(error).toBeUndefined()
    const { url } = json as { url: string }
    const digest = url.slice(url.indexOf('@'))
    expect(text).toContain(`image: ${host}/team/rust-hello:1${digest}\n`)
    expect(text).toContain('name: rust-hello\n')
  })

  test('prints a List with who keeps what as JSON', async () => {
    const { push, render } = await scene()
    await push('http-serve')
    const { json } = await render('http-serve', 'runwasi', '--format', 'json')
    expect(json).toMatchObject({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ kind: 'Deployment' }, { kind: 'NetworkPolicy' }, { kind: 'Service' }],
      enforcement: [{ grant: 'http.incoming', by: 'runtime' }],
    })
  })

  test('ends with exit 3 and prints nothing where nothing enforces a grant, unless it is named', async () => {
    const { push, render } = await scene()
    await push('http-fetch')
    const refused = await render('http-fetch', 'runwasi')
    expect(refused).toMatchObject({
      text: '',
      error: {
        code: 'UNENFORCED',
        exit: 3,
        message: 'nothing enforces http.outgoing with runwasi',
        hint: 'narrow the grants with -c, choose another target, or accept it with --allow-unenforced http.outgoing',
        details: { enforcement: [{}, { grant: 'http.outgoing', by: 'nobody' }] },
      },
    })
    expect((await render('http-fetch', 'runwasi', '--allow-unenforced', 'random')).error?.code).toBe(
      'UNENFORCED',
    )
    for (const name of ['http', 'http.outgoing']) {
      const allowed = await render('http-fetch', 'runwasi', '--allow-unenforced', name)
      expect(allowed.error).toBeUndefined()
      expect(allowed.text).toContain('wasmpack.dev/unenforced: http.outgoing\n')
    }
  })

  test('narrows the grants by the capability manifest of the consumer', async () => {
    const { push, render } = await scene()
    await push(
      'http-fetch',
      '-c',
      temporaryFile(manifest('{grants: {random: true, http: {outgoing: {hosts: ["*:*"]}}}}')),
    )
    const own = temporaryFile(
      manifest('{grants: {random: true, http: {outgoing: {hosts: ["https://10.0.0.1"]}}}}'),
    )
    const { text, error } = await render('http-fetch', 'runwasi', '-c', own)
    expect(error).toBeUndefined()
    expect(text).toContain('cidr: 10.0.0.1/32\n')
    expect(text).toContain('port: 443\n')
  })

  test('refuses what pull refuses', async () => {
    const { host, push, render } = await scene()
    await push('rust-hello')
    const nothing = temporaryFile(manifest('{grants: {}}'))
    expect((await render('rust-hello', 'runwasi', '-c', nothing)).error).toMatchObject({
      code: 'CAPABILITY_DENIED',
      exit: 3,
    })
    const { error } = await runCommand(['render', `${host}/team/rust-hello:1`, '--target', 'runwasi'])
    expect(error).toMatchObject({ code: 'TRUST_REQUIRED', exit: 4 })
  })

  test('refuses a form that the target does not load, and names the profile', async () => {
    const { push, render } = await scene()
    await push('proxy-filter')
    const { error } = await render('proxy-filter', 'istio', '--workload-selector', 'app=gateway')
    expect(error).toMatchObject({
      code: 'USAGE',
      message: 'istio does not load an artifact of the form wasm',
      hint: 'push the module with --profile image',
    })
    await push('rust-hello')
    expect((await render('rust-hello', 'image-volume')).error).toMatchObject({
      message: 'image-volume does not load an artifact of the form wasm',
    })
  })

  test('renders an image for Istio with the digest of its manifest', async () => {
    const { host, push, render } = await scene()
    await push('proxy-filter', '--profile', 'image')
    const { json, error } = await render(
      'proxy-filter',
      'istio',
      '--workload-selector',
      'istio=ingressgateway',
      '--restrict',
      '--format',
      'json',
    )
    expect(error).toBeUndefined()
    const { url, items } = json as { url: string; items: readonly [{ spec: object }] }
    const [, digest] = url.split('@sha256:')
    expect(JSON.stringify(items)).toContain(`"sha256":"${digest}"`)
    expect(JSON.stringify(items)).toContain(`"oci://${host}/team/proxy-filter:1@sha256:${digest}"`)
  })

  test('refuses a flag that the target does not have', async () => {
    const { push, render } = await scene()
    await push('proxy-filter')
    expect((await render('proxy-filter', 'envoy', '--replicas', '2')).error).toMatchObject({
      code: 'USAGE',
      message: '--replicas is not for the target envoy',
      hint: 'its own flags are --envoy-version, --listener',
    })
  })

  test('refuses an OCI layout for a cluster, and renders a command line for it', async () => {
    const layout = join(mkdtempSync(join(tmpdir(), 'wasmpack-render-')), 'apps')
    onTestFinished(() => rmSync(join(layout, '..'), { recursive: true, force: true }))
    const reference = `oci-layout:${layout}:1`
    const pushed = await runCommand(['push', reference, fixturePath('rust-hello')])
    expect(pushed.error).toBeUndefined()
    const render = (target: string): Promise<InProcessRun> =>
      runCommand(['render', reference, '--target', target, '--insecure-ignore-signature'])
    expect((await render('runwasi')).error).toMatchObject({
      code: 'USAGE',
      message: 'runwasi pulls from a registry, and this is an OCI layout',
    })
    expect(await render('wasmtime')).toMatchObject({ text: 'wasmtime run -S inherit-stdin=n apps.wasm' })
  })

  test.each([
    ['--name', 'a: b'],
    ['--name', '$(reboot)'],
    ['--namespace', 'x\ny'],
    ['--pull-secret', '"'],
    ['--runtime-class', '../x'],
    ['--replicas', '1e9'],
    ['--runtime-class-object', 'runc'],
  ])('refuses %s %j', async (flag, value) => {
    const { push, render } = await scene()
    await push('rust-hello')
    await expect(render('rust-hello', 'runwasi', flag, value)).rejects.toThrow('is invalid')
  })
})

describe('consumers', () => {
  test('push --for refuses before anything is written', async () => {
    const { host, push } = await scene()
    await expect(push('proxy-filter', '--for', 'istio')).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'push the module with --profile image',
    })
    expect((await runCommand(['ls', `${host}/team/proxy-filter`])).error?.code).toBe('NOT_FOUND')
    await push('proxy-filter', '--for', 'istio,envoy-gateway', '--profile', 'image')
    await expect(push('proxy-filter', '--for', 'itsio')).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('copy --for refuses before a tag moves, and inspect --readers says the same', async () => {
    const { host, push } = await scene()
    await push('proxy-filter')
    const source = `${host}/team/proxy-filter:1`
    const copied = await runCommand(['copy', source, `${host}/prod/filter`, '--for', 'istio'])
    expect(copied.error).toMatchObject({ code: 'USAGE', hint: 'push the module with --profile image' })
    expect((await runCommand(['ls', `${host}/prod/filter`])).error?.code).toBe('NOT_FOUND')
    const { text, json } = await runCommand(['inspect', source, '--readers'])
    expect(text).toContain('no   istio ')
    expect(text).toContain('yes  runwasi ')
    expect(json).toMatchObject({ readers: expect.arrayContaining([{ reader: 'wkg', reads: true }]) })
    expect(
      (await runCommand(['copy', source, `${host}/prod/filter`, '--for', 'runwasi'])).error,
    ).toBeUndefined()
    expect((await runCommand(['inspect', fixturePath('proxy-filter'), '--readers'])).error?.code).toBe(
      'USAGE',
    )
  })
})
