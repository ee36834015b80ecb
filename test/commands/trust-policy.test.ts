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

test('WASMPACK_POLICY that cannot be obeyed is an error of its own, and nothing is admitted', async () => {
  const { directory, layout, write, run } = await openScene()
  const unknownKind = join(directory, 'kind.yaml')
  writeFileSync(
    unknownKind,
    'apiVersion: wasmpack.dev/v1alpha1\nkind: TrustPolice\nmetadata: {name: x}\nspec: {}\n',
  )
  const cases = [
    [directory, 'FILE_UNREADABLE', /directory/],
    [join(directory, 'none.yaml'), 'FILE_NOT_FOUND', /none\.yaml/],
    [
      unknownKind,
      'POLICY_INVALID',
      /kind\.yaml:2:7: kind is "TrustPolice", expected one of CapabilityPolicy, TrustPolicy/,
    ],
    [
      write('key.yaml', '  signature: [{by: a}]\n'),
      'POLICY_INVALID',
      /key\.yaml:6:3: unknown key "signature" in spec; did you mean "signatures"\?/,
    ],
  ] as const
  for (const [path, code, message] of cases) {
    vi.stubEnv('WASMPACK_POLICY', path)
    try {
      for (const argv of [
        ['verify', layout, '--key', `${KEY}.pub`],
        ['pull', layout, '--key', `${KEY}.pub`, '-o', join(directory, 'out.wasm')],
        ['tag', layout, 'stable'],
      ]) {
        const { error } = await run(...argv)
        expect(error).toMatchObject({ code })
        expect(error!.message).toMatch(message)
      }
    } finally {
      vi.unstubAllEnvs()
    }
  }
  expect(existsSync(join(directory, 'out.wasm'))).toBe(false)
})

test('policy explain prints what a file means, without the keys that it names', async () => {
  const { write } = await openScene()
  const file = write('explained.yaml', '  signers: {a: [{key: none.pub}]}\n  signatures: [{by: a}]\n')
  const { text, error } = await runCommand(['policy', 'explain', file])
  expect(error).toBeUndefined()
  expect(text).toContain(`TrustPolicy "corp" (${file}:3:11)`)
  expect(text).toContain('  It requires a signature by a.')
  const { json } = await runCommand(['policy', 'explain', file, '--format', 'json'])
  expect(json).toMatchObject({ policies: [{ kind: 'TrustPolicy', name: 'corp', file }] })
})

test('policy test says which rule decided, and copy and push hold neverLess at the destination', async () => {
  const { directory, layout, satisfied, write, run } = await openScene()
  expect(await run('policy', 'test', layout, '--policy', satisfied)).toMatchObject({
    json: {
      trustPolicies: [
        {
          satisfied: [
            expect.stringMatching(/satisfied\.yaml:\d+:\d+ spec\.signatures\[0\] .* found 1 \(key/),
          ],
        },
      ],
    },
  })
  const policy = [
    '--policy',
    write('less.yaml', `  signers: {release: [{key: ${KEY}.pub}]}\n  neverLess: true\n`),
  ]
  const production = `oci-layout:${join(directory, 'production')}`
  const push = (tag: string, version: string, ...more: readonly string[]): Promise<InProcessRun> =>
    run(
      'push',
      `${production}:${tag}`,
      fixturePath('as-hello'),
      '-a',
      `org.opencontainers.image.version=${version}`,
      ...more,
    )
  const key = ['--key', `${KEY}.key`]
  expect((await push('latest', '1.0.0', ...key, ...policy)).error).toBeUndefined()
  const stage = `oci-layout:${join(directory, 'stage')}:1.1.0`
  await run('push', stage, fixturePath('as-hello'), '-a', 'org.opencontainers.image.version=1.1.0')
  const { digest: before } = (await runCommand(['resolve', `${production}:latest`, '--format', 'json']))
    .json as { readonly digest: string }
  for (const { error } of [
    await push('latest', '1.1.0', ...policy),
    await run('copy', stage, `${production}:latest`, ...policy),
  ])
    expect(error).toMatchObject({
      code: 'TRUST_DENIED',
      exit: 4,
      message: expect.stringContaining('neverLess'),
    })
  const resolved = await runCommand(['resolve', `${production}:latest`, '--format', 'json'])
  expect(resolved).toMatchObject({ json: { digest: before } })
  expect((await push('latest', '1.1.0', ...key, ...policy)).error).toBeUndefined()
})

test('a push counts the bill of materials that it attests among what a tag must not lose', async () => {
  const { layout, write, run } = await openScene()
  const policy = write(
    'keeps.yaml',
    `  signers: {release: [{key: ${KEY}.pub}]}\n  signatures: [{by: release}]\n  neverLess: true\n`,
  )
  const push = (fixture: string, ...flags: readonly string[]): Promise<InProcessRun> =>
    run('push', layout, fixturePath(fixture), '--key', `${KEY}.key`, '--policy', policy, ...flags)
  expect((await push('c-hello', '--sbom')).error).toBeUndefined()
  expect((await push('rust-hello')).error).toMatchObject({ code: 'TRUST_DENIED' })
  expect((await push('rust-hello', '--sbom')).error).toBeUndefined()
})
