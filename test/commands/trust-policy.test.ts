import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test, vi } from 'vitest'

import { temporaryDirectory } from '../delivery/scene.ts'
import { fixturePath } from '../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../support/in-process.ts'

const KEY = join(import.meta.dirname, '../signing/captures/cosign-testpw')
const OTHER_KEY = join(import.meta.dirname, '../signing/captures/imp-rsa.pub')
const AS = ['--as', 'harbor.corp.example/team/app']

/** A signed artifact in a layout, and policies: one that its signer satisfies, one that asks for another. */
async function openScene() {
  const directory = temporaryDirectory()
  const write = (name: string, spec: string): string => {
    const path = join(directory, name)
    writeFileSync(
      path,
      `apiVersion: wasmpack.dev/v1alpha1\nkind: TrustPolicy\nmetadata: {name: corp}\nspec:\n  match: {repositories: ["harbor.corp.example/**"]}\n${spec}`,
    )
    return path
  }
  const askingFor = (key: string): string =>
    `  signers: {release: [{key: ${key}}]}\n  signatures: [{by: release}]\n`
  const layout = `oci-layout:${join(directory, 'layout')}:1`
  const pushed = await runCommand(
    ['push', layout, fixturePath('as-hello'), '--key', `${KEY}.key`, '--format', 'json'],
    { keyPassword: 'testpw' },
  )
  expect(pushed.error).toBeUndefined()
  return {
    directory,
    layout,
    digest: (pushed.json as { readonly digest: string }).digest,
    satisfied: write('satisfied.yaml', askingFor(`${KEY}.pub`)),
    refusing: write('refusing.yaml', askingFor(OTHER_KEY)),
    write,
    run: (...argv: readonly string[]): Promise<InProcessRun> =>
      runCommand([...argv, ...AS, '--format', 'json'], { keyPassword: 'testpw' }),
  }
}

test('pull, verify, copy, tag and policy test admit what the policy asks for, without a key', async () => {
  const { directory, layout, satisfied, run } = await openScene()
  const policy = ['--policy', satisfied]
  const trustPolicies = [{ name: 'corp', file: satisfied }]
  expect(await run('verify', layout, ...policy)).toMatchObject({
    json: { verified: true, signatures: [{ signer: { kind: 'key' } }], trustPolicies },
  })
  expect(await run('pull', layout, '-o', join(directory, 'out.wasm'), ...policy)).toMatchObject({
    json: { verified: true, trustPolicies },
  })
  expect(existsSync(join(directory, 'out.wasm'))).toBe(true)
  expect(
    await run('verify', layout, '--key', `${KEY}.pub`, '--attestation', 'capabilities', ...policy),
  ).toMatchObject({ json: { verified: true, trustPolicies } })
  const copy = `oci-layout:${join(directory, 'copy')}`
  expect(await run('copy', layout, copy, ...policy)).toMatchObject({ json: { trustPolicies } })
  expect(await run('copy', layout, copy, '--verify', ...policy)).toMatchObject({
    json: { verified: true, trustPolicies },
  })
  expect((await run('tag', layout, 'stable', ...policy)).error).toBeUndefined()
  expect(await run('policy', 'test', layout, ...policy)).toMatchObject({
    json: { trustPolicies: [{ name: 'corp', allowed: true, shortfalls: [] }] },
  })
})

test('verify, pull, copy, tag, push and policy test obey a policy that refuses, and nothing is written', async () => {
  const { directory, layout, refusing, run } = await openScene()
  const at = (name: string): string => join(directory, name)
  const policy = ['--policy', refusing]
  const refused = [
    await run('verify', layout, ...policy),
    await run('verify', layout, '--key', `${KEY}.pub`, ...policy),
    await run('verify', layout, '--key', `${KEY}.pub`, '--attestation', 'capabilities', ...policy),
    await run('pull', layout, '-o', at('out.wasm'), ...policy),
    await run('copy', layout, `oci-layout:${at('copy')}`, ...policy),
    await run('copy', layout, `oci-layout:${at('copy')}`, '--verify', '--key', `${KEY}.pub`, ...policy),
    await run('tag', layout, 'stable', ...policy),
    await run(
      'push',
      `oci-layout:${at('pushed')}:1`,
      fixturePath('as-hello'),
      '--key',
      `${KEY}.key`,
      ...policy,
    ),
    await run('push', `oci-layout:${at('pushed')}:1`, fixturePath('as-hello'), ...policy),
    await run('policy', 'test', layout, ...policy),
  ]
  for (const { error } of refused) expect(error).toMatchObject({ code: 'TRUST_DENIED', exit: 4 })
  expect(['out.wasm', 'copy', 'pushed'].filter((name) => existsSync(at(name)))).toEqual([])
  expect((await run('verify', layout.replace(/:1$/, ':stable'), '--key', `${KEY}.pub`)).error).toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('no flag leaves a trust policy out', async () => {
  const { directory, layout, satisfied, refusing, run } = await openScene()
  const ignoring = await run(
    'pull',
    layout,
    '-o',
    join(directory, 'out.wasm'),
    '--insecure-ignore-signature',
    '--policy',
    satisfied,
  )
  expect(ignoring.error).toMatchObject({ code: 'USAGE', exit: 2 })
  vi.stubEnv('WASMPACK_POLICY', refusing)
  try {
    expect((await run('tag', layout, 'stable', '--insecure-ignore-policies')).error).toMatchObject({
      code: 'TRUST_DENIED',
    })
    const copy = `oci-layout:${join(directory, 'copy')}`
    expect((await run('copy', layout, copy, '--insecure-ignore-policies')).error).toMatchObject({
      code: 'TRUST_DENIED',
    })
  } finally {
    vi.unstubAllEnvs()
  }
})

test('P3: a layout without --as is a usage error under a policy for certain repositories', async () => {
  const { layout, satisfied } = await openScene()
  const { error } = await runCommand(['verify', layout, '--policy', satisfied])
  expect(error).toMatchObject({ code: 'USAGE', exit: 2 })
})

test('a waiver shows in every output that it decided', async () => {
  const { directory, layout, digest, write, run } = await openScene()
  const waived = write(
    'waived.yaml',
    `  signers: {release: [{key: ${OTHER_KEY}}]}\n  signatures: [{by: release}]\n  waivers: [{digest: "${digest}", reason: signed before, until: 2999-01-01T00:00:00Z}]\n`,
  )
  const waiver = { digest, reason: 'signed before', until: '2999-01-01T00:00:00Z' }
  const runs = [
    await run('verify', layout, '--policy', waived),
    await run('pull', layout, '-o', join(directory, 'out.wasm'), '--policy', waived),
    await run('copy', layout, `oci-layout:${join(directory, 'copy')}`, '--policy', waived),
    await run('policy', 'test', layout, '--policy', waived),
  ]
  for (const { json } of runs) expect(json).toMatchObject({ trustPolicies: [{ waiver }] })
  for (const { warnings } of [...runs.slice(0, 3), await run('tag', layout, 'stable', '--policy', waived)])
    expect(warnings.join('\n')).toContain('is waived until 2999-01-01T00:00:00Z: signed before')
})
