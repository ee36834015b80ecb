import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { fixturePath } from '../../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../../support/in-process.ts'
import { opened } from '../../support/registry/opened.ts'

interface Scene {
  readonly host: string
  push(repository: string, fixture: string, ...flags: readonly string[]): Promise<string>
  write(name: string, text: string): void
  read(name: string): string
  pin(...flags: readonly string[]): Promise<InProcessRun>
  readonly path: (name: string) => string
}

async function scene(): Promise<Scene> {
  const { registry } = await opened()
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-pin-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = (name: string): string => join(directory, name)
  return {
    host: registry.host,
    path,
    push: async (repository, fixture, ...flags) => {
      const run = await runCommand(['push', `${registry.host}/${repository}`, fixturePath(fixture), ...flags])
      if (run.error) throw run.error
      return (run.json as { digest: string }).digest
    },
    write: (name, text) => {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), text)
    },
    read: (name) => readFileSync(path(name), 'utf8'),
    pin: (...flags) => runCommand(['gitops', 'pin', directory, '--insecure-ignore-signature', ...flags]),
  }
}

const deployment = (image: string): string => `# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      runtimeClassName: wasmtime   # runwasi
      containers:
        - name: shop
          image: ${image}
`

describe('gitops pin', () => {
  test('writes the digest of each admitted artifact, and nothing else; a second run changes nothing', async () => {
    const { host, push, write, read, pin, path } = await scene()
    const app = await push('team/app:1', 'rust-hello')
    const filter = await push('team/filter:2', 'proxy-filter', '--profile', 'image')
    write('deploy/app.yaml', deployment(`"${host}/team/app:1" # stays`))
    write(
      'plugin.yml',
      `kind: WasmPlugin\napiVersion: extensions.istio.io/v1alpha1\nmetadata: {name: f}\nspec:\n  url: oci://${host}/team/filter:2\n  sha256: "00"\n`,
    )
    write('other.yaml', 'kind: ConfigMap\napiVersion: v1\n')
    const { json, error } = await pin()
    expect(error).toBeUndefined()
    expect(json).toMatchObject({ results: [{ object: 'Deployment shop', digest: app }, { digest: filter }] })
    expect(read('deploy/app.yaml')).toBe(deployment(`"${host}/team/app:1@${app}" # stays`))
    expect(read('plugin.yml')).toContain(
      `url: oci://${host}/team/filter:2@${filter}\n  sha256: "${filter.slice(7)}"\n`,
    )
    const before = statSync(path('plugin.yml')).mtimeMs
    expect((await pin()).text).toBe('')
    expect(statSync(path('plugin.yml')).mtimeMs).toBe(before)
    expect((await pin('--check')).error).toBeUndefined()
  })

  test('--check writes nothing and names what is not pinned, or not to its digest', async () => {
    const { host, push, write, read, pin, path } = await scene()
    const digest = await push('team/app:1', 'rust-hello')
    const filter = await push('team/filter:1', 'proxy-filter', '--profile', 'proxy-wasm')
    write('a.yaml', deployment(`${host}/team/app:1`))
    write('b.yaml', deployment(`${host}/team/app@${digest}`))
    write(
      'c.yaml',
      `{"apiVersion": "extensions.istio.io/v1alpha1", "kind": "WasmPlugin", "spec": {"url": "oci://${host}/team/filter@${filter}", "sha256": "ab"}}`,
    )
    const { error } = await pin('--check', '--format', 'json')
    expect(error).toMatchObject({
      code: 'REFERENCE_UNPINNED',
      exit: 3,
      message: expect.stringContaining('2 of 3 failed'),
    })
    const { results } = error!.details as {
      results: readonly { reference?: string; error?: { message: string } }[]
    }
    expect(results.map((result) => result.error?.message)).toEqual([
      `"${host}/team/app:1" is not pinned: it names whatever the tag names later`,
      undefined,
      `sha256 beside "oci://${host}/team/filter@${filter}" is not that of its digest`,
    ])
    expect(results[0]?.reference).toBe(
      `${path('a.yaml')}:11 Deployment shop spec.template.spec.containers[0].image`,
    )
    expect(read('a.yaml')).toContain(`image: ${host}/team/app:1\n`)
  })

  test('one reference that is not admitted keeps every file as it is', async () => {
    const { host, push, write, read, pin, path } = await scene()
    await push('team/app:1', 'rust-hello')
    await push('team/denied:1', 'http-fetch')
    write('a.yaml', deployment(`${host}/team/app:1`))
    write('b.yaml', deployment(`${host}/team/denied:1`))
    write(
      'policy',
      'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: p}\nspec: {deny: [http.outgoing]}\n',
    )
    const { error } = await pin('--policy', path('policy'))
    expect(error).toMatchObject({ code: 'CAPABILITY_DENIED', exit: 3 })
    expect(read('a.yaml')).toBe(deployment(`${host}/team/app:1`))
  })

  test('the wrong profile for a place, and what is not in a registry, are refused', async () => {
    const { host, push, write, pin } = await scene()
    await push('team/app:1', 'rust-hello')
    write(
      'a.yaml',
      `{apiVersion: v1, kind: Pod, spec: {containers: [], volumes: [{image: {reference: "${host}/team/app:1"}}]}}`,
    )
    write(
      'b.yaml',
      '{apiVersion: extensions.istio.io/v1alpha1, kind: WasmPlugin, spec: {url: "https://example.com/f.wasm"}}',
    )
    const { error } = await pin('--format', 'json')
    const { results } = error!.details as { results: readonly { error: { message: string; hint: string } }[] }
    expect(results.map(({ error: { message } }) => message)).toEqual([
      'image-volume does not read this artifact: containerd would mount an empty directory, without an error',
      '"https://example.com/f.wasm" is not in a registry',
    ])
    expect(results[0]?.error.hint).toBe('push the module with --profile image')
  })

  test('--update follows a tag or a range, and shows what the new version may do', async () => {
    const { host, push, write, read, pin } = await scene()
    const old = await push('team/app:1.2.0', 'rust-hello')
    write('a.yaml', deployment(`${host}/team/app:1.2.0@${old} # wasmpack: >=1.2 <2`))
    expect((await pin('--update')).text).toBe('')
    const newer = await push('team/app:v1.10.0', 'http-fetch')
    await push('team/app:2.0.0', 'c-hello')
    await push('team/app:1.9.0', 'c-hello')
    expect((await pin()).text).toBe('')
    const { json, text, error } = await pin('--update', '--format', 'markdown')
    expect(error).toBeUndefined()
    expect(text).toContain('## `Deployment shop`\n')
    expect(text).toContain(`becomes \`v1.10.0@${newer}\``)
    expect(text).toContain('| `http.outgoing`')
    expect(json).toMatchObject({ results: [{ tag: 'v1.10.0', digest: newer, diff: {} }] })
    expect(read('a.yaml')).toBe(deployment(`${host}/team/app:v1.10.0@${newer} # wasmpack: >=1.2 <2`))
  })

  test('--update shows who signed the new version', async () => {
    const { host, write, path } = await scene()
    const key = join(import.meta.dirname, '../../signing/captures/cosign-testpw')
    const push = async (tag: string, fixture: string): Promise<string> => {
      const pushed = await runCommand(
        ['push', `${host}/team/app:${tag}`, fixturePath(fixture), '--key', `${key}.key`],
        {
          keyPassword: 'testpw',
        },
      )
      return (pushed.json as { digest: string }).digest
    }
    const old = await push('1.0.0', 'rust-hello')
    await push('1.1.0', 'http-fetch')
    write('a.yaml', deployment(`${host}/team/app:1.0.0@${old} # wasmpack: ^1`))
    const { text, error } = await runCommand([
      'gitops',
      'pin',
      path('a.yaml'),
      '--key',
      `${key}.pub`,
      '--update',
      '--format',
      'markdown',
    ])
    expect(error).toBeUndefined()
    expect(text.split('\n').find((line) => line.startsWith('- new: '))).toContain('signed by')
  })

  test('--update never goes back to a lower version that the registry has left', async () => {
    const { host, push, write, read, pin } = await scene()
    const digest = await push('team/app:1.5.0', 'rust-hello')
    await push('team/app:1.4.0', 'c-hello')
    const text = deployment(`${host}/team/app:1.5.0@${digest} # wasmpack: ^1`)
    write('a.yaml', text)
    expect((await pin('--update')).error).toBeUndefined()
    expect(read('a.yaml')).toBe(text)
  })

  test('--places names further kinds, and is refused where it is not understood', async () => {
    const { host, push, write, read, pin, path } = await scene()
    const digest = await push('team/app:1', 'rust-hello')
    write(
      'a.yaml',
      `apiVersion: x.example/v1\nkind: App\nspec: {parts: [{wasm: "oci://${host}/team/app:1"}]}\n`,
    )
    write('places', '- {apiVersion: x.example/v2, kind: App, path: "spec.parts[*].wasm", prefix: "oci://"}\n')
    expect((await pin('--places', path('places'))).error).toBeUndefined()
    expect(read('a.yaml')).toContain(`"oci://${host}/team/app:1@${digest}"`)
    write('places', '- {apiVersion: x.example/v2, kind: App, path: "spec..wasm", prefix: "http://"}\n')
    expect((await pin('--places', path('places'))).error).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(
        /\[0\]\.path is .spec\.\.wasm., expected a path[^]*expected one of oci:/,
      ),
    })
  })

  test('--exclude leaves files out, and a file that is no YAML is an error', async () => {
    const { write, pin } = await scene()
    write('chart/templates/app.yaml', 'image: {{ .Values.image }}\n')
    write('.hidden/app.yaml', 'image: {{ .Values.image }}\n')
    expect((await pin()).error).toMatchObject({ code: 'FILE_UNREADABLE' })
    expect((await pin('--exclude', '**/templates/**')).error).toBeUndefined()
  })
})
