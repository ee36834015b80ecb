import { expect, it } from 'vitest'

import { describeSigner } from '../../src/signing/verified-signer.ts'

it('describeSigner names a key by its hash and an identity with its issuer', () => {
  expect(describeSigner({ kind: 'key', id: 'sha256:ab', hint: 'qw==' })).toBe('key sha256:ab')
  const identity = {
    kind: 'identity',
    subject: 'me@example.com',
    issuer: 'https://issuer.example.com',
  } as const
  expect(describeSigner(identity, (name) => `<${name}>`)).toBe(
    'identity <me@example.com> (issuer <https://issuer.example.com>)',
  )
})
