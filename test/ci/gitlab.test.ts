import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv } from 'ajv'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

import {
  type GitlabResult,
  includeComponent,
  isIncluded,
  runGitlabJob,
  type Variables,
} from '../support/ci/gitlab-runner.ts'
import { useRelease } from '../support/ci/release.ts'
import { createHome, type Home, runWasmpack } from '../support/cli.ts'
import { fixtureCapabilities, readFixture } from '../support/fixtures.ts'
import { startRegistry } from '../support/registry/registry.ts'
import { startImitatedSigstore } from '../support/sigstore/sigstore.ts'
import { goodClaims, makeToken } from '../support/sigstore/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')
const COMPONENT = readFileSync(join(ROOT, 'templates/wasmpack.yml'), 'utf8')
const release = useRelease()

type Inputs = Readonly<Record<string, string | boolean>>

interface Scene {
  readonly home: Home
  readonly path: (name: string) => string
  run(job: string, inputs: Inputs, env?: Variables, shell?: 'bash' | 'sh'): Promise<GitlabResult>
}

/** A project with a module, its capability manifest and a release file. */
function openScene(fixture = 'as-hello', kind: 'package' | 'archive' | 'executable' = 'package'): Scene {
  const home = createHome()
  onTestFinished(() => home.dispose())
  const path = (name: string): string => join(home.work, name)
  writeFileSync(path('app.wasm'), readFixture(fixture))
  writeFileSync(path('app.capabilities.yaml'), fixtureCapabilities('as-hello')!)
  const file = { package: 'wasmpack.tgz', archive: 'wasmpack.tar.xz', executable: 'wasmpack-linux' }[kind]
  const given = { module: 'app.wasm', 'release-file': file }
  return {
    home,
    path,
    run: (name, inputs, env = {}, shell = 'bash') => {
      writeFileSync(path(file), readFileSync(release()[kind]))
      return runGitlabJob(includeComponent(COMPONENT, { ...given, ...inputs })[name]!, {
        project: home.work,
        directory: join(home.directory, 'runner'),
        env: { ...home.env, ...env },
        shell,
      })
    },
  }
}

test("the component is valid by GitLab's schema of pipelines", () => {
  const schema = JSON.parse(
    readFileSync(join(ROOT, 'test/schemas/check-jsonschema-0.39.0/gitlab-ci.json'), 'utf8'),
  ) as object
  const accepts = new Ajv({ strict: false, validateFormats: false }).compile(schema)
  const documents = parseAllDocuments(COMPONENT) as readonly { toJS(): unknown }[]
  expect(documents).toHaveLength(2)
  for (const document of documents) {
    accepts(document.toJS())
    expect(accepts.errors ?? []).toEqual([])
  }
})

test('scripts read variables: no input is in their text', () => {
  const script = /script:\n((?: {4,}.*\n|\n)+)/g
  const texts = [...COMPONENT.matchAll(script)].map(([text]) => text)
  expect(texts).toHaveLength(3)
  for (const text of texts) expect(text).not.toContain('$[[')
})

test.each(['bash', 'sh'] as const)(
  'validate and publish as the identity of the job, in %s',
  async (shell) => {
    const scene = openScene()
    const registry = await startRegistry({
      auth: { kind: 'basic', username: 'gitlab-ci-token', password: 'job-secret' },
    })
    onTestFinished(() => registry.close())
    const sigstore = await startImitatedSigstore()
    const token = makeToken(goodClaims('https://gitlab.com'))
    const env = {
      CI_REGISTRY: registry.host,
      CI_REGISTRY_IMAGE: `${registry.host}/team`,
      CI_REGISTRY_USER: 'gitlab-ci-token',
      CI_REGISTRY_PASSWORD: 'job-secret',
      SIGSTORE_ID_TOKEN: token,
    }
    const inputs = {
      reference: '$CI_REGISTRY_IMAGE/app:1.0.0',
      'push-flags': `--fulcio-url=${sigstore.fulcio.origin} --timestamp-server-url=${sigstore.timestampUrl}`,
      'compare-with': '${CI_REGISTRY_IMAGE}/app:stable',
      'compare-optional': true,
    }
    const validated = await scene.run('wasmpack-validate', inputs, env, shell)
    expect(validated, validated.log).toMatchObject({ exit: 0 })
    expect(validated.log).toContain('there is nothing to compare with yet')
    expect(JSON.parse(readFileSync(scene.path('wasmpack.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' })

    const published = await scene.run('wasmpack-publish', inputs, env, shell)
    expect(published, published.log).toMatchObject({ exit: 0 })
    expect(sigstore.fulcio.seen).toHaveLength(1)
    const { WASMPACK_DIGEST: digest, WASMPACK_REFERENCE: reference } = published.dotenv
    expect(reference).toBe(`${registry.host}/team/app@${digest}`)
    const discover = ['discover', reference!, '-u', 'gitlab-ci-token', '--password-stdin', '--format', 'json']
    const found = await runWasmpack(scene.home, discover, { stdin: 'job-secret' })
    expect(JSON.parse(found.stdout)).toMatchObject({
      referrers: [{ kind: 'signature' }, { kind: 'attestation' }],
    })
    for (const secret of [token, 'job-secret']) expect(published.log + validated.log).not.toContain(secret)
  },
)

test('a denied module fails the job, with the log and the comparison as artifacts', async () => {
  const scene = openScene('as-plain', 'archive')
  writeFileSync(scene.path('old.wasm'), readFixture('as-hello'))
  const result = await scene.run('wasmpack-validate', { 'compare-with': 'old.wasm' })
  expect(result, result.log).toMatchObject({ exit: 3 })
  expect(readFileSync(scene.path('wasmpack.sarif'), 'utf8')).toContain('unknown-import')
  expect(readFileSync(scene.path('wasmpack-diff.md'), 'utf8')).toContain('env')
})

test('added capabilities fail the job, and so does an artifact to compare with that is missing', async () => {
  const scene = openScene('as-hello', 'executable')
  writeFileSync(scene.path('old.wasm'), readFixture('as-plain'))
  const added = await scene.run('wasmpack-validate', {
    'compare-with': 'old.wasm',
    'compare-flags': '--fail-on-added',
  })
  expect(added, added.log).toMatchObject({ exit: 3 })
  const missing = await scene.run('wasmpack-validate', { 'compare-with': 'oci-layout:none:1' })
  expect(missing, missing.log).not.toMatchObject({ exit: 0 })
})

test('the password of the project goes to its registry alone', async () => {
  const scene = openScene('as-hello', 'executable')
  const elsewhere = await startRegistry()
  onTestFinished(() => elsewhere.close())
  const env = {
    CI_REGISTRY: 'registry.example.com',
    CI_REGISTRY_USER: 'ci',
    CI_REGISTRY_PASSWORD: 'job-secret',
  }
  const inputs = { reference: `${elsewhere.host}/team/app:1`, sign: 'none' }
  const result = await scene.run('wasmpack-publish', inputs, env)
  expect(result, result.log).toMatchObject({ exit: 0 })
  expect(elsewhere.log.length).toBeGreaterThan(0)
  expect(JSON.stringify(elsewhere.log)).not.toContain('uthorization')
})

test('another file than the given SHA-256 names is not run', async () => {
  const scene = openScene('as-hello', 'executable')
  const result = await scene.run('wasmpack-validate', { 'release-sha256': 'ab'.repeat(32) })
  expect(result.exit).not.toBe(0)
  expect(existsSync(scene.path('wasmpack.sarif'))).toBe(false)
})

test('the pipeline of docs/ci.md has both jobs', () => {
  const [, text = ''] = /^(include:\n[^]*?)^```$/m.exec(readFileSync(join(ROOT, 'docs/ci.md'), 'utf8')) ?? []
  const { include } = parse(text) as { readonly include: readonly [{ readonly inputs: Inputs }] }
  const jobs = includeComponent(COMPONENT, include[0].inputs)
  expect(Object.keys(jobs)).toEqual(['wasmpack-validate', 'wasmpack-publish'])
  for (const job of Object.values(jobs)) expect(isIncluded(job, { CI_PIPELINE_SOURCE: 'push' })).toBe(true)
})

test('it is published where a reference is given, but not for merge requests', () => {
  const published = (inputs: Inputs, variables: Variables): boolean =>
    isIncluded(includeComponent(COMPONENT, { module: 'app.wasm', ...inputs })['wasmpack-publish']!, variables)
  const reference = '$CI_REGISTRY_IMAGE/app:1'
  expect(published({ reference }, { CI_PIPELINE_SOURCE: 'push' })).toBe(true)
  expect(published({ reference }, { CI_PIPELINE_SOURCE: 'merge_request_event' })).toBe(false)
  expect(published({}, { CI_PIPELINE_SOURCE: 'push' })).toBe(false)
})

describe('what comes in is never run, and changes no job', () => {
  const BAIT = [
    "'",
    '"',
    '`x`',
    '$(x)',
    'a\nb',
    'a;b',
    'a|b',
    'a&b',
    'a>b',
    "'\n  script: [x]",
    '*',
    '#',
    '\\',
    '\0',
  ]
  const { spec } = (parseAllDocuments(COMPONENT) as readonly { toJS(): unknown }[])[0]!.toJS() as {
    readonly spec: { readonly inputs: Readonly<Record<string, object>> }
  }

  test.each(Object.keys(spec.inputs))('the input %s', (name) => {
    for (const bait of BAIT) {
      const inputs = { module: 'app.wasm', [name]: bait }
      expect(() => includeComponent(COMPONENT, inputs), `${name}: ${JSON.stringify(bait)}`).toThrow(name)
    }
  })

  test('a flag stays a flag where a path is expected', async () => {
    const scene = openScene('as-hello', 'executable')
    writeFileSync(scene.path('--help'), 'x')
    const result = await scene.run('wasmpack-validate', { module: '--help' })
    expect(result.log).toContain('no capability manifest for --help')
    expect(result.exit).toBe(2)
    const variables = { CI_REGISTRY_IMAGE: '$(touch pwned)`touch pwned`;touch pwned' }
    await scene.run('wasmpack-publish', { reference: '$CI_REGISTRY_IMAGE/a:1', sign: 'none' }, variables)
    expect(existsSync(scene.path('pwned'))).toBe(false)
  })
})
