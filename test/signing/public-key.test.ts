import { createHash, generateKeyPairSync } from 'node:crypto'

import { expect, it } from 'vitest'

import { readPem } from '../../src/signing/pem.ts'
import { isSignedBy, readPublicKey } from '../../src/signing/public-key.ts'
import { capture } from './scene.ts'

it('readPublicKey names a key as cosign does', () => {
  const key = readPublicKey(capture('cosign.pub'))
  expect(key.hint).toBe('jsTVunLG5zILsLtI8CHPtv0TsfP++f5PfU6pDZPKDsQ=')
  const hash = createHash('sha256').update(readPem(capture('cosign.pub'), 'key').bytes)
  expect(key.id).toBe(`sha256:${hash.digest('hex')}`)
})

it.each([
  ['cosign.pub', 'ecdsa-p256-sha256'],
  ['imp-p384.pub', 'ecdsa-p384-sha384'],
  ['imp-p521.pub', 'ecdsa-p521-sha512'],
  ['imp-rsa.pub', 'rsa-pkcs1v15-sha256'],
])('readPublicKey reads %s', (name, scheme) => {
  expect(readPublicKey(capture(name)).scheme).toBe(scheme)
})

const spki = { format: 'pem', type: 'spki' } as const
const pkcs8 = { format: 'pem', type: 'pkcs8' } as const

it.each([
  ['Ed25519', capture('imp-ed.pub'), 'Ed25519'],
  [
    'RSA-PSS',
    generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      publicKeyEncoding: spki,
      privateKeyEncoding: pkcs8,
    }).publicKey,
    'rsa-pss',
  ],
  [
    'short RSA',
    generateKeyPairSync('rsa', { modulusLength: 1024, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 })
      .publicKey,
    '1024 bits',
  ],
  ['a private key', capture('cosign-testpw.key'), 'PRIVATE KEY'],
  ['a damaged key', capture('cosign.pub').replace('MFkw', 'MFkx'), 'SPKI'],
  ['two keys', capture('cosign.pub') + capture('imp-rsa.pub'), 'holds 2 keys'],
  ['no key', 'cosign.pub', 'not a PEM file'],
])('readPublicKey refuses %s and says what it found', (_, pem, found) => {
  expect(() => readPublicKey(pem)).toThrow(
    expect.objectContaining({ code: 'KEY_INVALID', message: expect.stringContaining(found) }),
  )
})

it('isSignedBy is false for what is no signature at all', () => {
  const key = readPublicKey(capture('cosign.pub'))
  expect(isSignedBy(key, Buffer.from('x'), new Uint8Array())).toBe(false)
  expect(isSignedBy(key, Buffer.from('x'), Buffer.alloc(64))).toBe(false)
})
