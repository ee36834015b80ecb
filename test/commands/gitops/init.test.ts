import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

import { type InProcessRun, runCommand } from '../../support/in-process.ts'

const IMAGE = `registry.example.com/tools/wasmpack@sha256:${'a'.repeat(64)}`
const POLICY = `# ours
apiVersion: wasmpack.dev/v1alpha1
kind: TrustPolicy
metadata: {name: corp}
spec:
  roots: {corp: {trustedRoot: root.json}}
  signers: {team: [{key: team.pub}, {identity: a@b.example, issuer: https://sso.example, root: corp}]}
  signatures: [{by: team}]
`

function scene() {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-init-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = (name: string): string => join(directory, name)
  writeFileSync(path('policies.yaml'), POLICY)
  writeFileSync(path('team.pub'), 'KEY\n')
  writeFileSync(path('root.json'), '{}')
  const init = (...flags: readonly string[]): Promise<InProcessRun> =>
    runCommand(['gitops', 'init', path('out'), '--policy', path('policies.yaml'), '--image', IMAGE, ...flags])
  const read = (name: string): any => parse(readFileSync(path(`out/${name}`), 'utf8'))
  return { path, init, read }
}

test('writes the plugin, the policies with what they name, and the sidecar', async () => {
  const { path, init, read } = scene()
  const { error } = await init('--pull-secret', 'registries', '--', 'kustomize', 'build', '.')
  expect(error).toBeUndefined()
  expect(readdirSync(path('out'))).toEqual([
    'kustomization.yaml',
    'plugin.yaml',
    'policy.yaml',
    'repo-server.yaml',
  ])
  expect(read('policy.yaml').data).toEqual({ 'policy.yaml': POLICY, 'team.pub': 'KEY\n', 'root.json': '{}' })
  expect(parse(read('plugin.yaml').data['plugin.yaml'])).toEqual({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ConfigManagementPlugin',
    metadata: { name: 'wasmpack' },
    spec: {
      version: 'v1',
      generate: {
        command: ['wasmpack', 'gitops', 'generate', '.'],
        args: ['--timeout', '45s', '--cache', '/tmp/wasmpack-cache', '--', 'kustomize', 'build', '.'],
      },
    },
  })
  const [sidecar] = read('repo-server.yaml').spec.template.spec.containers
  expect(sidecar).toMatchObject({
    image: IMAGE,
    securityContext: { runAsUser: 999, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  })
})

test('overwrites nothing without --force', async () => {
  const { init } = scene()
  expect((await init()).error).toBeUndefined()
  expect((await init()).error).toMatchObject({ code: 'FILE_UNWRITABLE' })
  expect((await init('--force')).error).toBeUndefined()
})

test.each([
  ['an image by tag', ['--image', 'registry.example.com/tools/wasmpack:1'], 'has no digest'],
  ['a namespace with YAML in it', ['--namespace', 'a: b'], 'is no name of a Kubernetes object'],
])('%s is refused', async (_, flags, message) => {
  const { path, init } = scene()
  expect((await init(...flags)).error?.message).toContain(message)
  expect(readdirSync(path('.'))).not.toContain('out')
})

test.each([
  [
    'no trust policy',
    'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: p}\nspec: {deny: [sockets.*]}\n',
    'has no TrustPolicy',
  ],
  ['a key in another directory', POLICY.replace('team.pub', '../team.pub'), 'which a ConfigMap cannot hold'],
  ['a key that is missing', POLICY.replace('team.pub', 'absent.pub'), 'absent.pub: no such file'],
])('policies with %s are refused', async (_, text, message) => {
  const { path, init } = scene()
  writeFileSync(path('policies.yaml'), text)
  expect((await init()).error?.message).toContain(message)
})
