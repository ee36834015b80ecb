import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, onTestFinished, test, vi } from 'vitest'

import { fixturePath } from '../../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../../support/in-process.ts'
import { opened } from '../../support/registry/opened.ts'

afterEach(() => vi.unstubAllEnvs())

interface Scene {
  readonly host: string
  readonly path: (name: string) => string
  push(repository: string, fixture: string, ...flags: readonly string[]): Promise<string>
  write(name: string, text: string): void
  generate(...words: readonly string[]): Promise<InProcessRun>
}

async function scene(): Promise<Scene> {
  const { registry } = await opened()
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-generate-'))
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
    write: (name, text) => writeFileSync(path(name), text),
    generate: (...words) =>
      runCommand(['gitops', 'generate', directory, '--insecure-ignore-signature', ...words]),
  }
}

const pod = (image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  runtimeClassName: wasmtime\n  containers: [{name: a, image: "${image}"}]\n`

test('prints all objects, with each reference pinned, and changes no file', async () => {
  const { host, push, write, generate } = await scene()
  const digest = await push('team/app:1', 'rust-hello')
  write('b.yaml', pod(`${host}/team/app:1`))
  write('a.yaml', '# first\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: c}')
  const { text, error } = await generate()
  expect(error).toBeUndefined()
  expect(`${text}\n`).toBe(
    `# first\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n---\n${pod(`${host}/team/app:1@${digest}`)}`,
  )
})

test('passes over empty documents, as kubectl does, and reads a directory that a symbolic link names', async () => {
  const { path, write } = await scene()
  mkdirSync(path('objects'))
  write('objects/a.yaml', '---\n# nothing\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n---\n')
  symlinkSync(path('objects'), path('link'))
  const { text, error } = await runCommand([
    'gitops',
    'generate',
    path('link'),
    '--insecure-ignore-signature',
  ])
  expect(error).toBeUndefined()
  expect(text).toContain('metadata: {name: c}')
})

test('takes the objects of a command, which runs without a shell and sees no secret', async () => {
  const { host, path, push, write, generate } = await scene()
  const digest = await push('team/app:1', 'rust-hello')
  write('overlay', pod(`${host}/team/app:1`))
  write(
    'run',
    '#!/bin/sh -e\ncat "$1"\nprintf "%s\\n" "---" "apiVersion: v1" "kind: ConfigMap" "metadata: {name: \\"x$SECRET\\"}"\n',
  )
  chmodSync(path('run'), 0o755)
  vi.stubEnv('SECRET', 'hunter2')
  const { text, error } = await generate('--', path('run'), 'overlay')
  expect(error).toBeUndefined()
  expect(text).toContain(`@${digest}`)
  expect(text).toContain('metadata: {name: "x"}')
  const failed = await generate('--', path('run'), 'absent; echo')
  expect(failed).toMatchObject({ text: '', error: { code: 'FILE_UNREADABLE' } })
  expect(failed.error?.message).toMatch(/run absent; echo ended with 1: .*No such file/)
  writeFileSync(
    path('fail'),
    '#!/bin/sh\necho "cannot clone https://bot:s3cret@git.example/x" >&2\nexit 1\n',
    {
      mode: 0o755,
    },
  )
  const cloned = await generate('--', path('fail'))
  expect(cloned.error?.message).toContain('cannot clone https://***@git.example/x')
})

test.each([
  ['nothing', '', 'found no object'],
  ['a comment', '# all gone\n', 'found no object'],
  ['an empty List', 'apiVersion: v1\nkind: List\nitems: []\n', 'has a List without objects'],
  ['a text', 'Verified OK\n', 'has a document that is no object'],
  ['an object without a kind', 'apiVersion: v1\nmetadata: {name: a}\n', 'has an object without kind'],
  ['an object without a name', 'apiVersion: v1\nkind: Pod\n', 'has a Pod without metadata.name'],
  ['no YAML', 'a: {{ .b }}\n', 'a.yaml:1:'],
])('%s is never printed as success', async (_, text, message) => {
  const { write, generate } = await scene()
  write('a.yaml', text)
  const run = await generate()
  expect(run).toMatchObject({ text: '', error: { code: 'FILE_UNREADABLE', hint: undefined } })
  expect(run.error?.message).toContain(message)
})

test('a refusal is one line with the artifact, its code and the first three findings', async () => {
  const { host, path, push, write, generate } = await scene()
  await push('team/app:1', 'rust-hello')
  const fetched = await push('team/fetch:1', 'http-fetch')
  write('a.yaml', pod(`${host}/team/app:1`))
  write('b.yaml', pod(`${host}/team/fetch:1`))
  write(
    'policy',
    'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: p}\nspec: {deny: [http.outgoing]}\n',
  )
  const { text, error } = await generate('--policy', path('policy'))
  expect(text).toBe('')
  expect(error).toMatchObject({ code: 'CAPABILITY_DENIED', exit: 3, hint: undefined })
  expect(error?.message).not.toContain('\n')
  expect(error?.message).toContain(
    `b.yaml:6 Pod p spec.containers[0].image: ${host}/team/fetch@${fetched}: exceeds`,
  )
  expect(error?.message).toContain('wasi:http/outgoing-handler')
  expect(error?.message).not.toContain('team/app')
})

test('what the author of an application can set decides nothing', async () => {
  const { host, path, push, write, generate } = await scene()
  await push('team/fetch:1', 'http-fetch')
  write('a.yaml', pod(`${host}/team/fetch:1`))
  write(
    'policy',
    'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: p}\nspec: {deny: [http.outgoing]}\n',
  )
  for (const name of ['WASMPACK_POLICY', 'POLICY', 'INSECURE_IGNORE_SIGNATURE']) {
    vi.stubEnv(`ARGOCD_ENV_${name}`, '/dev/null')
    vi.stubEnv(`PARAM_${name}`, '/dev/null')
  }
  vi.stubEnv('ARGOCD_APP_PARAMETERS', '[{"name":"policy","string":"/dev/null"}]')
  expect((await generate('--policy', path('policy'))).error?.code).toBe('CAPABILITY_DENIED')
  expect((await runCommand(['gitops', 'generate', path('.')])).error?.code).toBe('TRUST_REQUIRED')
})

test('the signature of the bundle is verified where the source is an OCI artifact', async () => {
  const { host, path, push, write, generate } = await scene()
  const digest = await push('team/app:1', 'rust-hello')
  write('a.yaml', 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n')
  vi.stubEnv('ARGOCD_APP_SOURCE_REPO_URL', `oci://${host}/team/app`)
  vi.stubEnv('ARGOCD_APP_REVISION', 'main')
  expect((await generate()).error).toMatchObject({
    code: 'USAGE',
    message: 'Argo CD names no digest for its OCI source',
  })
  vi.stubEnv('ARGOCD_APP_REVISION', digest)
  expect((await generate()).error).toBeUndefined()
  const strict = ['gitops', 'generate', path('.')]
  expect((await runCommand(strict)).error?.code).toBe('TRUST_REQUIRED')
  vi.stubEnv('ARGOCD_APP_SOURCE_REPO_URL', 'https://git.example/shop')
  expect((await runCommand(strict)).error).toBeUndefined()
})
