import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'

import { temporaryDirectory } from './delivery/scene.ts'
import { fixtureNames, fixturePath } from './support/fixtures.ts'
import { runCommand } from './support/in-process.ts'
import { opened } from './support/registry/opened.ts'

/** A schema under which a field that it does not announce is an error. */
function readSchema(name: string): ValidateFunction {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, `../schemas/${name}.v1alpha1.schema.json`), 'utf8'),
  ) as object
  return new Ajv2020({ strict: true, allErrors: true }).compile(schema)
}

function expectValid(accepts: ValidateFunction, value: unknown): void {
  accepts(value)
  expect(accepts.errors).toBeNull()
}

const modules = fixtureNames().filter((name) => name !== 'edge/wit-package')
const MANIFESTS = modules
  .filter((name) => !name.startsWith('edge/'))
  .map((name) => fixturePath(name, '.capabilities.yaml'))
const [strange] = MANIFESTS

describe('verdict', () => {
  const accepts = readSchema('verdict')

  test.for(modules)('of %s', async (name) => {
    for (const manifest of [strange!, ...MANIFESTS.filter((path) => path.includes(`/${name}.`))]) {
      const { json, error } = await runCommand([
        'validate',
        fixturePath(name),
        '-c',
        manifest,
        '--format',
        'json',
      ])
      expectValid(accepts, error === undefined ? json : error.details)
    }
  })

  test('of a module that does not fit where it is to run', async () => {
    const { error } = await runCommand([
      'validate',
      fixturePath('rust-hello'),
      '--target',
      'wasip2',
      '--format',
      'json',
    ])
    expect(error?.details).toMatchObject({ allowed: false })
    expectValid(accepts, error?.details)
  })
})

describe('inspection', () => {
  const accepts = readSchema('inspection')

  test.for(fixtureNames())('of %s', async (name) => {
    expectValid(accepts, (await runCommand(['inspect', fixturePath(name), '--format', 'json'])).json)
  })

  test('of artifacts, with and without a signature, and of a cold start', async () => {
    const directory = temporaryDirectory()
    const layout = `oci-layout:${join(directory, 'layout')}:1`
    const module = fixturePath('as-hello')
    const inspected = async (...flags: readonly string[]): Promise<unknown> =>
      (await runCommand(['inspect', layout, '--format', 'json', ...flags])).json
    expect((await runCommand(['push', layout, module])).error).toBeUndefined()
    expectValid(accepts, await inspected())
    const key = join(import.meta.dirname, 'signing/captures/cosign-testpw')
    const signed = await runCommand(['push', layout, module, '--key', `${key}.key`], {
      keyPassword: 'testpw',
    })
    expect(signed.error).toBeUndefined()
    expect(await inspected()).toMatchObject({ verified: false, referrers: [{}, {}] })
    const verified = await inspected('--key', `${key}.pub`)
    expect(verified).toMatchObject({ verified: true, signatures: [{ signer: { kind: 'key' } }] })
    expectValid(accepts, verified)
    const identity = { kind: 'identity', subject: 'me@example.com', issuer: 'https://issuer.example.com' }
    const { signatures } = verified as { readonly signatures: readonly object[] }
    expectValid(accepts, { ...(verified as object), signatures: [{ ...signatures[0], signer: identity }] })
    expectValid(accepts, await inspected('--cold-start'))
    const compared = await runCommand(['diff', layout, module, '--key', `${key}.pub`, '--format', 'json'])
    expectValid(readSchema('diff'), compared.json)
  })
})

describe('diff', () => {
  const accepts = readSchema('diff')

  test.for(modules)('from every other module to %s', async (name) => {
    for (const other of modules) {
      const argv = ['diff', fixturePath(other), fixturePath(name), '--format', 'json']
      expectValid(accepts, (await runCommand(argv)).json)
    }
  })

  test('that fails', async () => {
    const argv = ['diff', fixturePath('rust-hello'), fixturePath('cpp-files'), '--format', 'json']
    const { error } = await runCommand([...argv, '--fail-on-added'])
    expectValid(accepts, error?.details)
  })
})

describe('what is printed of an artifact in a registry', () => {
  const [rendered, pushed, inspected] = ['rendered', 'push', 'inspection'].map(readSchema) as [
    ValidateFunction,
    ValidateFunction,
    ValidateFunction,
  ]
  const key = join(import.meta.dirname, 'signing/captures/cosign-testpw.key')

  async function scene() {
    const { registry } = await opened()
    const nameOf = (fixture: string, form: string): string => `${registry.host}/team/${fixture}-${form}:1`
    const run = (...argv: readonly string[]): ReturnType<typeof runCommand> =>
      runCommand([...argv, '--format', 'json'], { keyPassword: 'testpw' })
    return {
      nameOf,
      run,
      push: (fixture: string, form: string, ...flags: readonly string[]) =>
        run('push', nameOf(fixture, form), fixturePath(fixture), '--profile', form, ...flags),
    }
  }

  test('by push, signed or not, written or not', async () => {
    const { push } = await scene()
    for (const flags of [[], ['--key', key], ['--key', key, '--signature-format', 'both'], ['--dry-run']]) {
      const { json, error } = await push('rust-hello', 'wasm', ...flags)
      expect(error).toBeUndefined()
      expectValid(pushed, json)
    }
  })

  test('by push --for, copy --for and inspect --readers', async () => {
    const { nameOf, run, push } = await scene()
    for (const form of ['wasm', 'image', 'legacy', 'proxy-wasm']) {
      expect((await push('proxy-filter', form)).error).toBeUndefined()
      const { json } = await run('inspect', nameOf('proxy-filter', form), '--readers')
      expect(json).toMatchObject({ readers: expect.arrayContaining([]) as unknown })
      expectValid(inspected, json)
    }
    const refused = await push('proxy-filter', 'wasm', '--for', 'istio,runwasi')
    expect(refused.error?.details).toEqual({
      readers: [
        { reader: 'istio', reads: false, note: expect.any(String) as string },
        { reader: 'runwasi', reads: true, note: 'pods need a command' },
      ],
      profile: 'image',
    })
    const copied = await run(
      'copy',
      nameOf('proxy-filter', 'legacy'),
      nameOf('other', 'legacy'),
      '--for',
      'spin',
    )
    expect(copied.error?.details).toMatchObject({ readers: [{ reader: 'spin', reads: false }] })
    for (const { error } of [refused, copied]) expectValid(pushed, error?.details)
  })

  test('by render, for every target, enforced or not', async () => {
    const { nameOf, run, push } = await scene()
    const kinds = new Set<string>()
    for (const [fixture, form, target, ...flags] of [
      ['rust-hello', 'wasm', 'wasmtime'],
      ['c-files', 'wasm', 'wasmtime', '--dir', '/data=data'],
      ['http-serve', 'wasm', 'runwasi', '--runtime-class-object', 'wasmtime'],
      ['http-fetch', 'wasm', 'runwasi'],
      ['http-fetch', 'wasm', 'runwasi', '--allow-unenforced', 'http'],
      ['rust-hello', 'image', 'image-volume', '--allow-unenforced', 'stdio', '--allow-unenforced', 'env'],
      ['proxy-filter', 'wasm', 'envoy'],
      ['proxy-filter', 'image', 'istio', '--workload-selector', 'app=gateway'],
      ['proxy-filter', 'proxy-wasm', 'istio', '--workload-selector', 'app=gateway', '--restrict'],
      ['proxy-filter', 'image', 'envoy-gateway', '--workload-selector', 'app=gateway'],
      ['http-serve', 'wasm', 'spin'],
      ['http-fetch', 'wasm', 'wasmcloud'],
      ['rust-hello', 'legacy', 'kubewarden', '--allow-unenforced', 'stdio', '--allow-unenforced', 'env'],
    ] as const) {
      expect((await push(fixture, form)).error).toBeUndefined()
      const reference = nameOf(fixture, form)
      const { json, error } = await run(
        'render',
        reference,
        '--target',
        target,
        '--insecure-ignore-signature',
        ...flags,
      )
      expectValid(rendered, error === undefined ? json : error.details)
      for (const kind of ['items', 'template', 'configuration', 'argv'])
        if (error === undefined && kind in (json as object)) kinds.add(kind)
      if (error !== undefined) kinds.add(error.code)
    }
    expect([...kinds].toSorted()).toEqual(['UNENFORCED', 'argv', 'configuration', 'items', 'template'])
  })
})

test('a field that is not announced is found', async () => {
  const { json } = await runCommand(['validate', fixturePath('as-hello'), '--format', 'json'])
  const accepts = readSchema('verdict')
  expect(accepts({ ...(json as object), surprise: 1 })).toBe(false)
})
