import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'

import { temporaryDirectory } from './delivery/scene.ts'
import { fixtureNames, fixturePath } from './support/fixtures.ts'
import { runCommand } from './support/in-process.ts'

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

test('a field that is not announced is found', async () => {
  const { json } = await runCommand(['validate', fixturePath('as-hello'), '--format', 'json'])
  const accepts = readSchema('verdict')
  expect(accepts({ ...(json as object), surprise: 1 })).toBe(false)
})
