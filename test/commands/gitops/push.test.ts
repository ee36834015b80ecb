import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { expect, onTestFinished, test } from 'vitest'

import { fixturePath } from '../../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../../support/in-process.ts'
import { opened } from '../../support/registry/opened.ts'

interface Scene {
  readonly host: string
  readonly directory: string
  write(name: string, text: string): void
  push(...flags: readonly string[]): Promise<InProcessRun>
  fetch(path: string): Promise<Response>
}

async function scene(): Promise<Scene> {
  const { registry } = await opened()
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-bundle-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return {
    host: registry.host,
    directory,
    write: (name, text) => {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), text)
    },
    push: (...flags) => runCommand(['gitops', 'push', directory, `${registry.host}/team/deploy:1`, ...flags]),
    fetch: (path) =>
      fetch(`http://${registry.host}/v2/team/deploy/${path}`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      }),
  }
}

const pod = (image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  runtimeClassName: wasmtime\n  containers:\n  - image: ${image}\n`

test('a bundle is one layer with the files in order, without times and owners, and the same bytes each time', async () => {
  const { directory, write, push, fetch } = await scene()
  write('b/two.yaml', 'kind: ConfigMap\napiVersion: v1\n')
  write('b.yaml', '# nothing\n')
  write('run.sh', 'true\n')
  write('.git/config', 'secret')
  write(`${'long/'.repeat(30)}ü.txt`, 'x')
  chmodSync(join(directory, 'run.sh'), 0o755)
  const flags = ['--source', 'https://git.example/shop', '--revision', 'main@sha1:0123']
  const { json, error } = await push(...flags)
  expect(error).toBeUndefined()
  const { digest } = json as { digest: string }
  const manifest = (await (await fetch('manifests/1')).json()) as {
    layers: readonly { digest: string; mediaType: string }[]
  }
  expect(manifest).toMatchObject({
    artifactType: 'application/vnd.wasmpack.gitops.bundle.v1',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }],
    annotations: {
      'org.opencontainers.image.created': '1970-01-01T00:00:00Z',
      'org.opencontainers.image.source': 'https://git.example/shop',
      'org.opencontainers.image.revision': 'main@sha1:0123',
    },
  })
  const layer = Buffer.from(await (await fetch(`blobs/${manifest.layers[0]!.digest}`)).arrayBuffer())
  const listed = execFileSync('tar', ['-tv', '--numeric-owner', '--full-time', '--utc', '-f', '-'], {
    input: gunzipSync(layer),
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  const lines = listed
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '))
  expect(lines.filter((line) => !line.includes('long'))).toEqual([
    '-rw-r--r-- 0/0 10 1970-01-01 00:00:00 b.yaml',
    'drwxr-xr-x 0/0 0 1970-01-01 00:00:00 b/',
    '-rw-r--r-- 0/0 31 1970-01-01 00:00:00 b/two.yaml',
    '-rwxr-xr-x 0/0 5 1970-01-01 00:00:00 run.sh',
  ])
  expect(listed).toContain(`${'long/'.repeat(30)}ü.txt`)
  const again = await push(...flags)
  expect(again.json).toMatchObject({ digest, written: false })
})

test('a reference that is not pinned, or not admitted, keeps the bundle back', async () => {
  const { host, write, push, fetch } = await scene()
  const { json } = await runCommand(['push', `${host}/team/app:1`, fixturePath('rust-hello')])
  const { digest } = json as { digest: string }
  write('pod.yaml', pod(`${host}/team/app:1`))
  expect((await push('--insecure-ignore-signature')).error).toMatchObject({
    code: 'REFERENCE_UNPINNED',
    exit: 3,
  })
  write('pod.yaml', pod(`${host}/team/app:1@${digest}`))
  expect((await push()).error).toMatchObject({
    code: 'TRUST_REQUIRED',
    exit: 4,
    message: expect.stringContaining('1 of 1 failed'),
  })
  expect((await fetch('manifests/1')).status).toBe(404)
  expect((await push('--insecure-ignore-signature')).error).toBeUndefined()
  expect((await fetch('manifests/1')).status).toBe(200)
})

test.each([
  [
    'a symbolic link',
    (directory: string) => symlinkSync('/etc/passwd', join(directory, 'link')),
    /link is a symbolic link/,
  ],
  [
    'a pipe',
    (directory: string) => execFileSync('mkfifo', [join(directory, 'pipe')]),
    /pipe is not a regular file/,
  ],
  [
    'a backslash',
    (directory: string) => writeFileSync(join(directory, 'a\\b'), ''),
    /not every file system has/,
  ],
  [
    'two names that differ in case',
    (directory: string) => {
      writeFileSync(join(directory, 'app.yaml'), '')
      writeFileSync(join(directory, 'App.yaml'), '')
    },
    /are one file where case does not count/,
  ],
  ['no file', () => undefined, /has no files/],
  ['a chart', (directory: string) => writeFileSync(join(directory, 'a.yaml'), 'a: {{ .b }}\n'), /a\.yaml:1:/],
])('a directory with %s is refused', async (_, prepare, message) => {
  const { directory, push } = await scene()
  prepare(directory)
  expect((await push()).error?.message).toMatch(message)
})

test.each([
  ['kustomization.yaml', 'Kustomize'],
  ['overlay/Kustomization', 'Kustomize'],
  ['Chart.yaml', 'Helm'],
  ['app.jsonnet', 'Jsonnet'],
  ['.argocd-source-shop.yaml', 'Argo CD'],
])('%s is refused: it makes other objects than those that were examined', async (name, tool) => {
  const { write, push } = await scene()
  write(name, 'resources: [pod.txt]\n')
  expect((await push()).error).toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(`makes ${tool} generate other objects`),
  })
})

test('credentials in --source are refused', async () => {
  const { write, push } = await scene()
  write('a.yaml', 'a: 1\n')
  const { error } = await push('--source', 'https://alice:secret@git.example/shop')
  expect(error).toMatchObject({ code: 'USAGE' })
  expect(error?.message).not.toContain('secret')
})
