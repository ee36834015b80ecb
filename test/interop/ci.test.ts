import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { GithubRunner } from '../support/ci/github-runner.ts'
import { useRelease } from '../support/ci/release.ts'
import { runChild, transcript } from '../support/child.ts'
import { storeCredentials } from '../support/cli.ts'
import { serve } from '../support/serve.ts'
import { writeModule } from './artifacts.ts'
import { cosignVerifyIdentity } from './cosign.ts'
import { needsPeers, peer } from './peer.ts'
import { useSigstore } from './sigstore.ts'
import { useWorkbench } from './workbench.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync('docs/ci.md', 'utf8')
const [WORKFLOW = ''] = /^name: publish\n[^]*?(?=^```$)/m.exec(PAGE) ?? []

describe('what is written for runners is well-formed', () => {
  needsPeers('actionlint', 'shellcheck')
  const bench = useWorkbench()

  test('the workflow of docs/ci.md, by actionlint', async () => {
    bench.write('publish.yml', WORKFLOW)
    const run = await bench.attemptPeer('actionlint', ['-shellcheck', peer('shellcheck'), 'publish.yml'])
    expect(run, transcript(run)).toMatchObject({ exit: 0, stdout: '' })
  })

  test('the scripts of the action, by shellcheck', async () => {
    const scripts = readdirSync(join(ROOT, 'scripts/action')).map((name) =>
      join(ROOT, 'scripts/action', name),
    )
    const run = await runChild(peer('shellcheck'), ['-x', ...scripts], { env: { PATH: '/usr/bin:/bin' } })
    expect(run, transcript(run)).toMatchObject({ exit: 0, stdout: '' })
  })
})

describe('with a private Sigstore and a registry behind Keycloak', () => {
  const sigstore = useSigstore()
  const bench = useWorkbench()
  const release = useRelease()

  test('the workflow of docs/ci.md publishes what cosign verifies', async () => {
    const { issuer, signingConfigs, trustedRoot, registries } = sigstore()
    const { host, credentials } = registries.find(({ name }) => name === 'distribution')!
    storeCredentials(bench.home, host, credentials.username, credentials.password)
    await writeModule(bench, 'app.wasm')
    const tokens = await serve(async (request, response) => {
      expect(request.headers.authorization).toBe('Bearer of-the-runner')
      response.end(JSON.stringify({ value: await fetchToken(issuer, 'alice') }))
    })
    const repository = `${host}/ci/${process.pid}`
    const workflow = WORKFLOW.replaceAll('registry.example.com/team/app', repository)
      .replace('tools/wasmpack-0.1.0.tgz', release().package)
      .replace('signing_config.json', signingConfigs.rekor2)
      .replace('trusted_root.json', trustedRoot)
      .replace('registry-username: ci', `registry-username: ${credentials.username}`)
    expect(workflow).not.toContain('example.com')
    const runner = new GithubRunner({
      workspace: bench.home.work,
      directory: join(bench.home.directory, 'runner'),
      env: {
        ...bench.home.env,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${tokens.origin}/?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner',
      },
      contexts: { github: { event_name: 'push' }, secrets: { REGISTRY_PASSWORD: credentials.password } },
      actions: { 'example-org/wasmpack': ROOT },
    })
    const result = await runner.runJob(workflow, 'module')
    writeFileSync(bench.path('log'), result.steps.map(({ log }) => log).join(''))
    expect(result.outcome, bench.read('log').toString()).toBe('success')
    const reference = result.outputs['wasmpack.reference']!
    expect(reference).toBe(`${repository}@${result.outputs['wasmpack.digest']}`)
    expect(bench.read('log').toString()).toContain(`deploy ${reference}`)
    expect(await cosignVerifyIdentity(bench, sigstore(), reference, 'alice@example.test')).toMatchObject({
      exit: 0,
    })
    expect(bench.read('log').toString()).not.toContain(credentials.password)
  })
})
