import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { type RunningPlugin, startPlugin } from '../stack/argocd.ts'
import { runChild } from '../support/child.ts'
import { readFixture } from '../support/fixtures.ts'
import {
  freshRepository,
  generateKeyPair,
  type Pushed,
  pushFresh,
  pushModule,
  writeModule,
} from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('argocd-cmp', 'kustomize')

const IMAGE = `registry.example.com/tools/wasmpack@sha256:${'a'.repeat(64)}`

const pod = (image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec:\n  runtimeClassName: wasmtime\n  containers: [{name: app, image: "${image}"}]\n`

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)
    const running: RunningPlugin[] = []
    afterAll(() => Promise.all(running.map((plugin) => plugin.kill())))

    async function push(fixture: string, ...flags: readonly string[]): Promise<Pushed> {
      await writeModule(bench, `${fixture}.wasm`, readFixture(fixture))
      return pushModule(bench, freshRepository(registry()), `${fixture}.wasm`, ...flags)
    }

    /** As `gitops init` writes it, but for the paths of a container. */
    async function start(
      name: string,
      { timeout = '45s' }: { readonly timeout?: string },
      ...command: readonly string[]
    ): Promise<RunningPlugin> {
      if (!bench.exists('team.key')) await generateKeyPair(bench, 'team')
      bench.write(
        'policies.yaml',
        `apiVersion: wasmpack.dev/v1alpha1\nkind: TrustPolicy\nmetadata: {name: corp}\nspec:\n  signers: {team: [{key: team.pub}]}\n  signatures: [{by: team}]\n---\napiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: corp}\nspec: {deny: [http.outgoing]}\n`,
      )
      await bench.wasmpack(
        'gitops',
        'init',
        name,
        '--image',
        IMAGE,
        '--policy',
        'policies.yaml',
        '--',
        ...command,
      )
      const map = (file: string): Record<string, string> =>
        (parse(bench.read(join(name, file)).toString()) as { data: Record<string, string> }).data
      for (const [file, text] of Object.entries(map('policy.yaml'))) bench.write(join(name, file), text)
      const { 'plugin.yaml': plain = '' } = map('plugin.yaml')
      const configuration = plain.replace('/tmp/wasmpack-cache', bench.path('cache')).replace('45s', timeout)
      const plugin = await startPlugin(bench.path(join(name, 'sidecar')), {
        configuration,
        env: { ...bench.home.env, WASMPACK_POLICY: bench.path(join(name, 'policy.yaml')) },
      })
      running.push(plugin)
      return plugin
    }

    let shared: Promise<RunningPlugin> | undefined
    const plainPlugin = (): Promise<RunningPlugin> => (shared ??= start('plain', {}))

    let count = 0
    /** What Argo CD gets for the files of a source. */
    async function generate(
      plugin: RunningPlugin,
      files: Readonly<Record<string, string>>,
      ...variables: readonly string[]
    ) {
      const source = bench.path(`source-${count++}`)
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(source, name)), { recursive: true })
        writeFileSync(join(source, name), text)
      }
      const run = await bench.attemptPeer('argocd-cmp', ['--generate', source, 'wasmpack-v1', ...variables], {
        env: plugin.env,
      })
      return {
        exit: run.exit,
        objects: run.stdout.trim(),
        message: run.stderr.replace(/^\S+ \S+ /, '').trim(),
      }
    }

    test('objects arrive pinned, and what the author of the application sets decides nothing', async () => {
      const plugin = await plainPlugin()
      const app = await push('rust-hello', '--key', 'team.key')
      const { exit, objects } = await generate(
        plugin,
        { 'a.yaml': pod(app.tagged) },
        'ARGOCD_ENV_WASMPACK_POLICY=/dev/null',
      )
      expect(exit).toBe(0)
      expect(JSON.parse(objects)).toMatchObject({
        kind: 'Pod',
        spec: { containers: [{ image: `${app.tagged}@${app.digest}` }] },
      })
    })

    test('the command of the operator writes the objects', async () => {
      const plugin = await start('kustomized', {}, 'kustomize', 'build', '.')
      const app = await push('rust-hello', '--key', 'team.key')
      const { exit, objects, message } = await generate(plugin, {
        'base/pod.yaml': pod(app.tagged),
        'kustomization.yaml': 'resources: [base/pod.yaml]\nnamePrefix: my-\n',
      })
      expect({ exit, message }).toEqual({ exit: 0, message: '' })
      expect(JSON.parse(objects)).toMatchObject({
        metadata: { name: 'my-app' },
        spec: { containers: [{ image: `${app.tagged}@${app.digest}` }] },
      })
    })

    describe('a refusal drops all objects and tells the author why', () => {
      const good = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n'

      test('unsigned', async () => {
        const app = await push('rust-hello')
        await expectRefusal({ 'a.yaml': good, 'b.yaml': pod(app.tagged) }, 4, [
          `b.yaml:6 Pod app spec.containers[0].image: ${app.pinned}: `,
          'requires a signature by team, found 0  [TRUST_DENIED]',
        ])
      })

      test('signed by somebody else', async () => {
        await plainPlugin()
        await generateKeyPair(bench, 'other')
        const app = await push('rust-hello', '--key', 'other.key')
        await expectRefusal({ 'b.yaml': pod(app.pinned) }, 4, [
          'requires a signature by team',
          '[TRUST_DENIED]',
        ])
      })

      test('over-reaching, with the imports', async () => {
        await plainPlugin()
        const app = await push('http-fetch', '--key', 'team.key')
        await expectRefusal({ 'a.yaml': good, 'b.yaml': pod(app.pinned) }, 3, [
          'wasi:http/outgoing-handler',
          '[CAPABILITY_DENIED]',
        ])
      })

      test('tampered with', async () => {
        await plainPlugin()
        const app = await pushFresh(bench, registry(), '--key', 'team.key') // of a module that no other test has in the registry
        const manifest = (await (
          await fetch(
            `http://${registry().host}/v2/${app.repository.split('/').slice(1).join('/')}/manifests/${app.digest}`,
            {
              headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
            },
          )
        ).json()) as { layers: readonly { digest: string }[] }
        const hex = manifest.layers[0]!.digest.slice('sha256:'.length)
        const blob = join(
          registry().storage!,
          'docker/registry/v2/blobs/sha256',
          hex.slice(0, 2),
          hex,
          'data',
        )
        const bytes = readFileSync(blob)
        bytes[bytes.length - 1]! ^= 1
        writeFileSync(blob, bytes)
        await expectRefusal({ 'b.yaml': pod(app.pinned) }, 5, ['[DIGEST_MISMATCH]'])
      })

      test('missing', async () => {
        const missing = `${freshRepository(registry())}:1`
        await expectRefusal({ 'a.yaml': pod(missing) }, 6, ['[NOT_FOUND]'])
      })

      test('empty', async () => {
        await expectRefusal({ 'README.md': 'nothing here' }, 10, ['found no object'])
        await expectRefusal({ 'a.yaml': '# nothing here\n' }, 10, ['found no object'])
      })

      async function expectRefusal(
        files: Readonly<Record<string, string>>,
        status: number,
        parts: readonly string[],
      ) {
        const { exit, objects, message } = await generate(await plainPlugin(), files)
        expect({ exit, objects }).toEqual({ exit: 1, objects: '' })
        expect(message).toContain(`failed exit status ${status}: error: `)
        expect(message.slice(message.indexOf('error: '))).not.toContain('\n')
        for (const part of parts) expect(message).toContain(part)
      }
    })

    test('a generation that takes too long is ended, with what it started', async () => {
      const plugin = await start('slow', { timeout: '2s' }, 'sleep', '3600.25')
      const { exit, objects, message } = await generate(plugin, { 'a.yaml': pod('h/a:1') })
      expect({ exit, objects }).toEqual({ exit: 1, objects: '' })
      expect(message).toContain('failed exit status 9: error: timed out after 2 s (--timeout)')
      const running = await runChild('ps', ['-eo', 'args'], { env: {} })
      expect(running.stdout).not.toContain('sleep 3600.25')
    })

    test('a secret in the address of a source, or of a registry, is in no message', async () => {
      const plugin = await plainPlugin()
      const secret = 'hunter2canary'
      const { message } = await generate(plugin, {
        'a.yaml': pod(`alice:${secret}@${registry().host}/team/app:1`),
      })
      expect(message).toContain('has credentials')
      expect(message).not.toContain(secret)
    })
  },
  ['distribution'],
)
