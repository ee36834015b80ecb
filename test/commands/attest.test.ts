import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { CAPABILITY_PREDICATE } from '../../src/attestations/predicates/capabilities.ts'
import { temporaryDirectory } from '../delivery/scene.ts'
import { fixturePath } from '../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../support/in-process.ts'

const BOM = 'https://cyclonedx.org/bom'

interface Scene {
  readonly run: (...argv: readonly string[]) => Promise<InProcessRun>
  readonly path: (name: string) => string
  readonly layout: string
  /** Pushed with its signature, unless flags follow. */
  readonly push: (...flags: readonly string[]) => Promise<InProcessRun>
}

async function openScene(): Promise<Scene> {
  const directory = temporaryDirectory()
  const path = (name: string): string => join(directory, name)
  const run = (...argv: readonly string[]): Promise<InProcessRun> => runCommand(argv, { keyPassword: '' })
  copyFileSync(fixturePath('rust-hello'), path('app.wasm'))
  copyFileSync(fixturePath('rust-hello', '.capabilities.yaml'), path('app.capabilities.yaml'))
  expect((await run('generate-key-pair', '--output-key-prefix', path('cosign'))).error).toBeUndefined()
  writeFileSync(path('bom.json'), '{ "bomFormat": "CycloneDX" }\n')
  const layout = `oci-layout:${path('oci')}`
  return { run, path, layout, push: (...flags) => run('push', `${layout}:1`, path('app.wasm'), ...flags) }
}

test('attest attaches a predicate that verify --attestation finds, and writes nothing the second time', async () => {
  const { run, path, layout, push } = await openScene()
  const pushed = await push()
  const attest = [
    'attest',
    pushed.text,
    '--type',
    'cyclonedx',
    '--predicate',
    path('bom.json'),
    '--key',
    path('cosign.key'),
  ]
  const attested = await run(...attest)
  expect(attested).toMatchObject({ json: { predicateType: BOM, written: true } })
  expect(await run(...attest)).toMatchObject({ text: attested.text, json: { written: false } })
  const verify = ['verify', `${layout}:1`, '--key', path('cosign.pub')]
  expect(await run(...verify, '--attestation', 'cyclonedx')).toMatchObject({
    json: { verified: true, attestations: [{ predicateType: BOM, predicate: { bomFormat: 'CycloneDX' } }] },
    text: expect.stringContaining(`: attested\n  cyclonedx (${BOM})\n    signed by key `),
  })
  expect((await run(...verify)).error).toMatchObject({ code: 'SIGNATURE_MISSING', exit: 4 })
  expect((await run(...verify, '--attestation', 'spdxjson')).error).toMatchObject({
    code: 'ATTESTATION_MISSING',
    exit: 4,
  })
})

test('every type that verify --attestation names must be attested', async () => {
  const { run, path, layout, push } = await openScene()
  await push('--key', path('cosign.key'))
  const verify = ['verify', `${layout}:1`, '--key', path('cosign.pub'), '--attestation', 'capabilities']
  expect((await run(...verify)).json).toMatchObject({
    attestations: [{ predicateType: CAPABILITY_PREDICATE }],
  })
  expect((await run(...verify, '--attestation', 'cyclonedx')).error).toMatchObject({
    code: 'ATTESTATION_MISSING',
  })
})

test('attest refuses a tag and names the digest, with the command line to repeat', async () => {
  const { run, path, layout, push } = await openScene()
  const { text } = await push()
  const flags = ['--type', 'cyclonedx', '--predicate', path('bom.json'), '--key', path('cosign.key')]
  expect((await run('attest', `${layout}:1`, ...flags)).error).toMatchObject({
    code: 'USAGE',
    hint: `attest the digest: wasmpack attest ${text} ${flags.join(' ')}`,
  })
})

test('push --attest attaches each predicate beside the capabilities', async () => {
  const { run, path, layout, push } = await openScene()
  const flags = ['--key', path('cosign.key'), '--attest', `cyclonedx=${path('bom.json')}`]
  const uri = `https://example.com/review?a=b=${path('bom.json')}`
  const pushed = await push(...flags, '--attest', uri)
  expect(pushed.json).toMatchObject({ attestations: [{ written: true }, { written: true }] })
  const types = ['capabilities', 'cyclonedx', 'https://example.com/review?a=b']
  const asked = types.flatMap((type) => ['--attestation', type])
  const verified = await run('verify', `${layout}:1`, '--key', path('cosign.pub'), ...asked)
  expect(verified.error).toBeUndefined()
  expect((await push(...flags)).json).toMatchObject({ written: false, attestations: [{ written: false }] })
})

test.each([
  [['--attest', 'cyclonedx=BOM'], 'USAGE'],
  [['--key', 'KEY', '--attest', 'cyclonedx'], 'USAGE'],
  [['--key', 'KEY', '--attest', 'cyclone=BOM'], 'USAGE'],
  [['--key', 'KEY', '--attest', 'https://sigstore.dev/cosign/sign/v1=BOM'], 'USAGE'],
  [['--key', 'KEY', '--attest', 'cyclonedx=missing.json'], 'FILE_NOT_FOUND'],
  [['--key', 'KEY', '--attest', 'cyclonedx=MODULE'], 'PREDICATE_INVALID'],
])('push %j ends with %s before anything is written', async (flags, code) => {
  const { path, layout, run, push } = await openScene()
  const files = { BOM: path('bom.json'), KEY: path('cosign.key'), MODULE: path('app.wasm') }
  const given = flags.map((flag) =>
    flag.replace(/BOM|KEY|MODULE/, (name) => files[name as keyof typeof files]),
  )
  expect((await push(...given)).error).toMatchObject({ code })
  expect((await run('resolve', `${layout}:1`)).error).toBeDefined()
})

test('a signature is neither attested nor asked for as an attestation', async () => {
  const { run, path, layout } = await openScene()
  const type = 'https://sigstore.dev/cosign/sign/v1'
  const error = { code: 'USAGE', message: expect.stringContaining('is the type of signatures') }
  const attest = ['--type', type, '--predicate', path('bom.json'), '--key', path('cosign.key')]
  expect((await run('attest', `${layout}:1`, ...attest)).error).toMatchObject(error)
  const verify = ['--key', path('cosign.pub'), '--attestation', type]
  expect((await run('verify', `${layout}:1`, ...verify)).error).toMatchObject(error)
})
