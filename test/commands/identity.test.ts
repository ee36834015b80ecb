import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { openLayout } from '../../src/oci/layout/layout.ts'
import { SIGSTORE } from '../signing/identity/scene.ts'
import { attach, statementFor } from '../signing/scene.ts'
import { fixturePath } from '../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../support/in-process.ts'

// What the options that name an identity mean, in each command that takes them.

const directory = mkdtempSync(join(tmpdir(), 'wasmpack-identity-'))
afterAll(() => rmSync(directory, { recursive: true }))
const layout = `oci-layout:${join(directory, 'layout')}:1`
const root = join(directory, 'root.json')
const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1'
const ISSUER = 'https://token.actions.githubusercontent.com'

const identity = ['--certificate-identity', WORKFLOW, '--certificate-oidc-issuer', ISSUER]
const trusted = [...identity, '--trusted-root', root]

beforeAll(async () => {
  writeFileSync(root, JSON.stringify(SIGSTORE.rootJson()))
  await runCommand([
    'push',
    layout,
    fixturePath('rust-hello'),
    '-c',
    fixturePath('rust-hello', '.capabilities.yaml'),
  ])
  const target = await openLayout(join(directory, 'layout'), { create: false })
  const subject = await target.manifest('1')
  const bundle = SIGSTORE.sign({
    payload: statementFor(subject),
    names: [{ uri: WORKFLOW }],
    issuer: ISSUER,
    claims: { 12: 'https://github.com/acme/app', 14: 'refs/tags/v1' },
  })
  await attach(target, subject, JSON.stringify(bundle))
})

let count = 0
const COMMANDS: readonly [string, () => readonly string[]][] = [
  ['verify', () => ['verify', layout]],
  ['pull', () => ['pull', layout, '-o', join(directory, `${++count}.wasm`)]],
  ['copy', () => ['copy', layout, `oci-layout:${join(directory, `copy-${++count}`)}:1`, '--verify']],
  ['inspect', () => ['inspect', layout]],
  ['diff', () => ['diff', layout, layout]],
]

describe.each(COMMANDS)('%s', (_, command) => {
  const run = (...flags: readonly string[]): Promise<InProcessRun> => runCommand([...command(), ...flags])

  it('accepts the identity with its issuer', async () => {
    expect((await run(...trusted)).error).toBeUndefined()
  })

  it('accepts expressions that match the whole names', async () => {
    const { error } = await run(
      '--certificate-identity-regexp',
      String.raw`https://github\.com/acme/.*@refs/tags/v\d+`,
      '--certificate-oidc-issuer-regexp',
      String.raw`https://token\.actions\.githubusercontent\.com`,
      '--trusted-root',
      root,
    )
    expect(error).toBeUndefined()
  })

  it('refuses another identity, and its hint names the one that was found', async () => {
    const { error } = await run(
      '--certificate-identity',
      'dev@example.com',
      '--certificate-oidc-issuer',
      ISSUER,
      '--trusted-root',
      root,
    )
    expect(error).toMatchObject({
      code: 'SIGNATURE_UNTRUSTED',
      exit: 4,
      hint: `claims identity ${WORKFLOW} (issuer ${ISSUER}, certified by https://fulcio.example.com of trusted root ${root}), not identity dev@example.com`,
    })
  })

  it.each([
    ['--certificate-identity', '--certificate-oidc-issuer'],
    ['--certificate-identity-regexp', '--certificate-oidc-issuer'],
    ['--certificate-oidc-issuer', '--certificate-identity'],
    ['--certificate-oidc-issuer-regexp', '--certificate-identity'],
  ])('takes no %s without its other half', async (given, missing) => {
    const { error } = await run(given, 'x', '--trusted-root', root)
    expect(error).toMatchObject({
      code: 'TRUST_REQUIRED',
      exit: 4,
      message: `${given.replace('-regexp', '')} without ${missing}`,
      hint: expect.stringContaining(`pass ${missing} or ${missing}-regexp`),
    })
  })

  it('takes no trusted root without a key or an identity', async () => {
    const { error } = await run('--trusted-root', root)
    expect(error).toMatchObject({
      code: 'TRUST_REQUIRED',
      exit: 4,
      hint: expect.stringContaining('--certificate-identity and --certificate-oidc-issuer'),
    })
  })
})

const verify = (...flags: readonly string[]): Promise<InProcessRun> =>
  runCommand(['verify', layout, ...flags])

it('verify prints what was verified, and nothing else', async () => {
  const { text } = await verify(...trusted)
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/: verified$/),
    expect.stringMatching(
      /^ {2}signed by identity https:\/\/github\.com\/acme\/app\/.* \(issuer .*\) {2}\(sha256:/,
    ),
    '    source: https://github.com/acme/app at refs/tags/v1',
    '    time: 2026-01-01T00:01:00Z by log https://rekor1.example.com',
    `    verified: 1 log entry, 1 SCT, by trusted root ${root}`,
  ])
})

it('verify warns of each check that it leaves out, and does not count it', async () => {
  const { text, warnings } = await verify(...trusted, '--insecure-ignore-sct')
  expect(warnings).toEqual(['timestamps of certificate logs are not verified (--insecure-ignore-sct)'])
  expect(text).toContain(`verified: 1 log entry, by trusted root`)
  const { error, warnings: others } = await verify(...trusted, '--insecure-ignore-tlog')
  expect(others).toEqual(['entries of transparency logs are not verified (--insecure-ignore-tlog)'])
  expect(error).toMatchObject({ exit: 4, hint: expect.stringContaining('has no timestamp of an authority') })
})

it.each([
  [['--key', 'cosign.pub', ...identity], 'USAGE', '--key and --certificate-identity cannot be used together'],
  [
    [...identity, '--certificate-identity-regexp', '.*'],
    'USAGE',
    '--certificate-identity and --certificate-identity-regexp cannot be used together',
  ],
  [
    ['--certificate-identity-regexp', '(', '--certificate-oidc-issuer', ISSUER],
    'USAGE',
    '--certificate-identity-regexp "(": has a ( without its )',
  ],
  [
    ['--certificate-identity', 'x', '--certificate-oidc-issuer-regexp', String.raw`(a)\1`],
    'USAGE',
    'backreference, which cannot be matched in linear time',
  ],
  [[...identity, '--trusted-root', 'absent.json'], 'FILE_NOT_FOUND', 'absent.json'],
  [[...identity, '--trusted-root', fixturePath('rust-hello')], 'TRUSTED_ROOT_INVALID', 'trusted root'],
] as const)('verify refuses %j', async (flags, code, message) => {
  expect((await verify(...flags)).error).toMatchObject({ code, message: expect.stringContaining(message) })
})

it('the JSON of an identity is that of the schema, with its source and its evidence', async () => {
  const { json } = await runCommand(['inspect', layout, '--format', 'json', ...trusted])
  expect(json).toMatchObject({
    verified: true,
    signatures: [
      {
        signer: {
          kind: 'identity',
          subject: WORKFLOW,
          issuer: ISSUER,
          source: { repository: 'https://github.com/acme/app', ref: 'refs/tags/v1' },
        },
        evidence: {
          trustedRoot: root,
          logEntries: 1,
          timestamps: 0,
          certificateTimestamps: 1,
          times: [
            { time: '2026-01-01T00:01:00Z', source: 'transparency-log', name: 'https://rekor1.example.com' },
          ],
        },
      },
    ],
  })
  const path = join(import.meta.dirname, '../../schemas/inspection.v1alpha1.schema.json')
  const accepts = new Ajv2020({ strict: true, allErrors: true }).compile(
    JSON.parse(readFileSync(path, 'utf8')) as object,
  )
  accepts(json)
  expect(accepts.errors).toBeNull()
})

it('copy and inspect take an identity only where there is something to verify', async () => {
  const destination = `oci-layout:${join(directory, 'unverified')}:1`
  expect((await runCommand(['copy', layout, destination, ...trusted])).error).toMatchObject({
    code: 'USAGE',
    message: '--certificate-identity requires --verify',
  })
  expect((await runCommand(['inspect', fixturePath('rust-hello'), ...trusted])).error).toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('--certificate-identity verifies artifacts'),
  })
})
