import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { parseTrustedRoot } from '../../../src/signing/identity/trusted-root.ts'
import { identityVerifier, rejected } from './scene.ts'

/** Bundles of the conformance suite of Sigstore, made by several clients with the public instance and its staging. */
const bytes = (name: string): Buffer => readFileSync(new URL(`../captures/${name}`, import.meta.url))
const root = (name: string) => parseTrustedRoot(bytes(name), name)

const WORKFLOW =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main'
const ISSUER = 'https://token.actions.githubusercontent.com'

const verifierBy = (rootName: string, subject = WORKFLOW) =>
  identityVerifier({ subject, issuer: ISSUER, root: root(rootName) })

it.each(['0.1', '0.2', '0.3'])(
  'a message of the public instance in a bundle of version %s is verified',
  async (version) => {
    const bundle = bytes(`public-message-${version}.sigstore`)
    expect(await verifierBy('public.root').verifyMessage(bundle, bytes('message.txt'))).toMatchObject({
      kind: 'verified',
      signer: {
        kind: 'identity',
        subject: WORKFLOW,
        issuer: ISSUER,
        source: {
          repository: 'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon',
          ref: 'refs/heads/main',
        },
      },
      evidence: {
        trustedRoot: 'public.root',
        logEntries: 1,
        timestamps: 0,
        certificateTimestamps: 1,
        times: [{ source: 'transparency-log', name: 'https://rekor.sigstore.dev' }],
      },
    })
  },
)

it('a statement of the public instance is verified, and by no other identity or instance', async () => {
  const bundle = bytes('public-statement.sigstore')
  expect(await verifierBy('public.root').verify(bundle)).toMatchObject({
    kind: 'verified',
    evidence: { logEntries: 1, certificateTimestamps: 1 },
  })
  expect(await verifierBy('public.root', WORKFLOW.replace('main', 'dev')).verify(bundle)).toEqual(
    rejected('certified by https://fulcio.sigstore.dev of trusted root public.root'),
  )
  expect(await verifierBy('staging.root').verify(bundle)).toMatchObject({ kind: 'rejected' })
})

it('a statement in a log of version 2 has the time of an authority', async () => {
  const bundle = bytes('staging-rekor2-statement.sigstore')
  expect(await verifierBy('staging.root').verify(bundle)).toMatchObject({
    kind: 'verified',
    evidence: {
      logEntries: 1,
      timestamps: 1,
      times: [{ source: 'timestamp-authority', name: expect.stringContaining('sigstage.dev') }],
    },
  })
})
