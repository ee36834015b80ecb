import { appendFileSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { temporaryDirectory } from '../delivery/scene.ts'
import { auditable, crate } from '../sbom/scene.ts'
import { expectValidDocument } from '../sbom/schemas.ts'
import { fixturePath } from '../support/fixtures.ts'
import { runCommand } from '../support/in-process.ts'

/** A module with a list of crates, its capability manifest and a key pair, in a directory of their own. */
async function openScene(list: unknown): Promise<(name: string) => string> {
  const directory = temporaryDirectory()
  const path = (name: string): string => join(directory, name)
  copyFileSync(fixturePath('rust-hello'), path('app.wasm'))
  appendFileSync(path('app.wasm'), Uint8Array.from(auditable(list)))
  copyFileSync(fixturePath('rust-hello', '.capabilities.yaml'), path('app.capabilities.yaml'))
  await runCommand(['generate-key-pair', '--output-key-prefix', path('cosign')], { keyPassword: '' })
  return path
}

test('push --sbom attests the document that sbom prints of the file and of the artifact', async () => {
  const path = await openScene({ packages: [crate('app', [1], { source: 'local' }), crate('itoa')] })
  const layout = `oci-layout:${path('oci')}:1`
  const key = ['--key', path('cosign.key'), '--sbom']
  const pushed = await runCommand(['push', layout, path('app.wasm'), ...key], { keyPassword: '' })
  expect(pushed.error).toBeUndefined()
  const printed = await runCommand(['sbom', path('app.wasm'), '--format', 'cyclonedx'])
  expectValidDocument(printed.json)
  expect(JSON.parse(printed.text)).toEqual(printed.json)
  expect((await runCommand(['sbom', layout, '--format', 'cyclonedx'])).text).toBe(printed.text)
  const verify = ['verify', layout, '--key', path('cosign.pub'), '--attestation', 'cyclonedx']
  expect(await runCommand(verify)).toMatchObject({
    json: { verified: true, attestations: [{ predicate: printed.json }] },
  })
  expectValidDocument(
    (await runCommand(['sbom', layout, '--format', 'spdx', '--key', path('cosign.pub')])).json,
  )
  expect((await runCommand(['sbom', layout])).text).toContain('\n    itoa 1.0.0  (crates.io)')
})

test('a list that cannot be read is a warning, and what the module was built from unknown', async () => {
  const path = await openScene({ packages: [crate('a', [1]), crate('b', [0])] })
  const warning = 'the list of packages by cargo auditable has packages that depend on each other in a cycle'
  const printed = await runCommand(['sbom', path('app.wasm')])
  expect(printed.warnings).toEqual([warning])
  expect(printed.text).toMatch(/packages +unknown: the module has no list of them/)
  const push = [
    'push',
    `oci-layout:${path('oci')}:1`,
    path('app.wasm'),
    '--key',
    path('cosign.key'),
    '--sbom',
  ]
  expect(await runCommand(push, { keyPassword: '' })).toMatchObject({
    warnings: [warning],
    json: { signed: true },
  })
})

test('push --sbom needs a signer, and sbom verifies no file', async () => {
  const path = await openScene({ packages: [] })
  expect(
    (await runCommand(['push', `oci-layout:${path('oci')}:1`, path('app.wasm'), '--sbom'])).error,
  ).toMatchObject({
    code: 'USAGE',
    message: '--sbom requires --key or --keyless',
  })
  expect((await runCommand(['sbom', path('app.wasm'), '--key', path('cosign.pub')])).error).toMatchObject({
    code: 'USAGE',
  })
})
