import { mkdirSync } from 'node:fs'

import { expect, test } from 'vitest'

import { freshRepository, generateKeyPair, pushFresh } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('flux-oci', 'argocd-oci', 'cosign')

const FILES = ['app/pod.yaml', 'app/values-ü.txt', 'config.yaml']

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    test('Flux and Argo CD read the bundle by tag, digest and range, and cosign verifies it', async () => {
      await generateKeyPair(bench, 'team')
      const app = await pushFresh(bench, registry(), '--key', 'team.key')
      mkdirSync(bench.path('deploy/app'), { recursive: true })
      bench.write(
        'deploy/app/pod.yaml',
        `apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec:\n  runtimeClassName: wasmtime\n  containers:\n  - {name: app, image: ${app.tagged}}\n`,
      )
      bench.write('deploy/app/values-ü.txt', 'x\n')
      bench.write('deploy/config.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n')
      const repository = freshRepository(registry())
      const source = ['--source', 'https://git.example/shop', '--revision', 'main@sha1:0123']
      await bench.wasmpack('gitops', 'pin', 'deploy', '--key', 'team.pub')
      const keys = ['--key', 'team.key', '--verify-key', 'team.pub']
      const { stdout } = await bench.wasmpack(
        'gitops',
        'push',
        'deploy',
        `${repository}:1.2.0`,
        ...keys,
        ...source,
      )
      const digest = stdout.trim().split('@')[1]!
      expect(bench.read('deploy/app/pod.yaml').toString()).toContain(`${app.tagged}@sha256:`)

      for (const revision of ['1.2.0', digest, '>=1.0.0']) {
        const { stdout: read } = await bench.peer('argocd-oci', `oci://${repository}`, revision)
        expect(read.trim().split('\n')).toEqual([digest, ...FILES])
      }
      for (const reference of [`${repository}:1.2.0`, `${repository}@${digest}`]) {
        mkdirSync(bench.path('flux'), { recursive: true })
        const { stdout: read } = await bench.peer('flux-oci', reference, 'flux')
        const [metadata, ...files] = read.trim().split('\n')
        expect(JSON.parse(metadata!)).toMatchObject({
          source_url: 'https://git.example/shop',
          source_revision: 'main@sha1:0123',
        })
        expect(files).toEqual(FILES)
      }
      await bench.peer(
        'cosign',
        'verify',
        '--key',
        'team.pub',
        '--insecure-ignore-tlog',
        '--allow-http-registry',
        `${repository}@${digest}`,
      )
    })
  },
  ['distribution', 'ggcr-registry'],
)
