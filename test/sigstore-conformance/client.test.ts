import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import { runChild } from '../support/child.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const capture = (name: string): string => path(`../signing/captures/${name}`)
const digest = `sha256:${createHash('sha256')
  .update(readFileSync(capture('message.txt')))
  .digest('hex')}`

const IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main'

/** In the order of the protocol of sigstore-conformance. */
const verifyBundle = (bundle: string, artifact: string, identity = IDENTITY) =>
  runChild(
    process.execPath,
    [
      path('wasmpack-conformance'),
      'verify-bundle',
      '--bundle',
      capture(bundle),
      '--certificate-identity',
      identity,
      '--certificate-oidc-issuer',
      'https://token.actions.githubusercontent.com',
      artifact,
    ],
    { env: {} },
  )

it.each([
  ['a message by its path', 'public-message-0.1.sigstore', capture('message.txt')],
  ['a message by its digest', 'public-message-0.3.sigstore', digest],
  ['the subject of a statement by its path', 'public-statement.sigstore', capture('message.txt')],
  ['the subject of a statement by its digest', 'public-statement.sigstore', digest],
])('verify-bundle verifies %s with the captured root of the public instance', async (_, bundle, artifact) => {
  expect(await verifyBundle(bundle, artifact)).toMatchObject({ exit: 0, stderr: '' })
})

it.each([
  ['another message', 'public-message-0.3.sigstore', capture('cosign.pub'), IDENTITY],
  [
    'another digest',
    'public-message-0.3.sigstore',
    digest.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    IDENTITY,
  ],
  ['another subject', 'public-statement.sigstore', capture('cosign.pub'), IDENTITY],
  ['another identity', 'public-statement.sigstore', digest, `${IDENTITY}x`],
])('verify-bundle refuses %s', async (_, bundle, artifact, identity) => {
  expect(await verifyBundle(bundle, artifact, identity)).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/^not verified: /),
  })
})
