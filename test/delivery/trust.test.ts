import { expect, it } from 'vitest'

import { IGNORED_TRUST, readTrust } from '../../src/delivery/trust.ts'
import { keysOf } from '../signing/scene.ts'

const captured = (name: string): string => new URL(`../signing/captures/${name}`, import.meta.url).pathname

it('readTrust gives every repository one and the same verifier, with all keys', async () => {
  const trust = await readTrust({ keys: [captured('cosign.pub'), captured('imp-rsa.pub')] })
  const verifier = trust.of('registry.example.com/app')
  expect(keysOf(verifier)).toHaveLength(2)
  expect(trust.of(undefined)).toBe(verifier)
})

it('readTrust without a key fails only when a verifier is asked for', async () => {
  const trust = await readTrust({ alternative: ', or leave it' })
  expect(() => trust.of('registry.example.com/app')).toThrow(
    expect.objectContaining({
      code: 'TRUST_REQUIRED',
      hint: 'pass --key cosign.pub, or --certificate-identity and --certificate-oidc-issuer, or leave it',
    }),
  )
})

it('readTrust fails for a key that cannot be read, whatever it would be used for', async () => {
  await expect(readTrust({ keys: [captured('absent.pub')] })).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
  })
  await expect(readTrust({ keys: [captured('cosign-testpw.key')] })).rejects.toMatchObject({
    code: 'KEY_INVALID',
  })
})

it('IGNORED_TRUST has no verifier for any repository', () => {
  expect(IGNORED_TRUST.of('registry.example.com/app')).toBe('ignored')
})
