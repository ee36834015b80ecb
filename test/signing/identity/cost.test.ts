import * as crypto from 'node:crypto'

import { expect, it, onTestFinished, vi } from 'vitest'

import { newKeyPair } from '../../support/sigstore-in-memory/x509.ts'
import { type Changeable } from '../../support/sigstore-in-memory/instance.ts'
import { identityVerifier, rejected, SIGSTORE, verifyBundle } from './scene.ts'

vi.mock('node:crypto', async (load) => {
  const real = await load<typeof crypto>()
  const verify = vi.fn<typeof real.verify>(real.verify)
  return { ...real, default: { ...real, verify }, verify }
})

it('T18: the claims of 1,000 foreign bundles are compared before any signature is verified, then the good one', async () => {
  const pair = newKeyPair()
  const foreign = Array.from({ length: 20 }, (_, at) =>
    Buffer.from(JSON.stringify(SIGSTORE.sign({ pair, names: [{ email: `dev${at}@example.com` }] }))),
  )
  const verifier = identityVerifier()
  vi.mocked(crypto.verify).mockClear()
  const verifyCertificate = vi.spyOn(crypto.X509Certificate.prototype, 'verify')
  onTestFinished(() => verifyCertificate.mockRestore())
  for (let at = 0; at < 1000; at++)
    expect(await verifier.verify(foreign[at % foreign.length]!)).toEqual(
      rejected(`claims identity dev${at % foreign.length}@`),
    )
  expect(crypto.verify).not.toHaveBeenCalled()
  expect(verifyCertificate).not.toHaveBeenCalled()
  expect(await verifier.verify(Buffer.from(JSON.stringify(SIGSTORE.sign({ pair }))))).toMatchObject({
    kind: 'verified',
  })
  expect(vi.mocked(crypto.verify).mock.calls.length).toBeGreaterThan(0)
})

it.each<[string, (bundle: Changeable) => void]>([
  [
    'a proof without a checkpoint',
    (bundle) => delete bundle['verificationMaterial'].tlogEntries[0].inclusionProof.checkpoint,
  ],
  [
    'a checkpoint that is not one',
    (bundle) =>
      (bundle['verificationMaterial'].tlogEntries[0].inclusionProof.checkpoint.envelope =
        'x\ny\n\n— z AAAAAAAA\n'),
  ],
  [
    'a proof that is another kind of value',
    (bundle) => (bundle['verificationMaterial'].tlogEntries[0].inclusionProof = []),
  ],
  [
    'a checkpoint whose signature is not canonical base64',
    (bundle) => changeCheckpoint(bundle, (note) => note.replace(/=*\n$/, '<\n')),
  ],
  [
    'a checkpoint with a line that is no signature',
    (bundle) => changeCheckpoint(bundle, (note) => `${note}a line\n`),
  ],
  [
    'a log index that is too large',
    (bundle) => (bundle['verificationMaterial'].tlogEntries[0].logIndex = '9'.repeat(40)),
  ],
  ['no kind', (bundle) => delete bundle['verificationMaterial'].tlogEntries[0].kindVersion],
  [
    'a timestamp of an empty sequence',
    (bundle) =>
      (bundle['verificationMaterial'].timestampVerificationData.rfc3161Timestamps = [
        { signedTimestamp: 'MAA=' },
      ]),
  ],
  [
    'a timestamp that lacks its token',
    (bundle) =>
      (bundle['verificationMaterial'].timestampVerificationData.rfc3161Timestamps = [
        { signedTimestamp: Buffer.from('30053003020100', 'hex').toString('base64') },
      ]),
  ],
  [
    'a body that is no JSON',
    (bundle) => (bundle['verificationMaterial'].tlogEntries[0].canonicalizedBody = 'AAAA'),
  ],
  [
    'a body without its parts',
    (bundle) =>
      (bundle['verificationMaterial'].tlogEntries[0].canonicalizedBody = Buffer.from(
        '{"kind":"dsse","apiVersion":"0.0.1","spec":{"signatures":null}}',
      ).toString('base64')),
  ],
])('T19: a bundle with %s is not verified, and never a crash', async (_, change) => {
  const bundle = SIGSTORE.sign()
  change(bundle)
  expect(await verifyBundle(bundle)).toMatchObject({ kind: 'rejected' })
})

it('T19: an error of JavaScript inside a verification means "not verified"', async () => {
  vi.mocked(crypto.verify).mockImplementationOnce(() => {
    throw new TypeError('undefined is not a key')
  })
  expect(await verifyBundle(SIGSTORE.sign())).toMatchObject({ kind: 'rejected' })
})

it.each([0, 1, 2, 3, 4, 5, 6])(
  'T19: no damage to a bundle is accepted or ends in anything but a refusal (from byte %i)',
  async (start) => {
    const whole = Buffer.from(JSON.stringify(SIGSTORE.sign()))
    const verifier = identityVerifier()
    for (let at = start; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 1
      if (isSame(damaged, whole)) continue
      expect(await verifier.verify(damaged), `byte ${at}`).toMatchObject({ kind: 'rejected' })
    }
  },
)

function changeCheckpoint(bundle: Changeable, change: (note: string) => string): void {
  const { checkpoint } = bundle['verificationMaterial'].tlogEntries[0].inclusionProof
  checkpoint.envelope = change(checkpoint.envelope)
}

/** Only the names of members may differ, which JSON writes in several ways. */
const isSame = (one: Buffer, other: Buffer): boolean =>
  normalized(one) === normalized(other) && normalized(one) !== undefined

function normalized(bytes: Buffer): string | undefined {
  try {
    return JSON.stringify(JSON.parse(bytes.toString()))
  } catch {
    return undefined
  }
}
