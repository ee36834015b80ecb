import { generateKeyPairSync, type KeyObject } from 'node:crypto'

import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { readPem, writePem } from '../../src/signing/pem.ts'
import { generateKeyPair, isEncryptedKey, openPrivateKey } from '../../src/signing/private-key.ts'
import { isSignedBy, readPublicKey, toVerificationKey } from '../../src/signing/public-key.ts'
import { capture, keysOf } from './scene.ts'

const MESSAGE = Buffer.from('message')
const ENCRYPTED = 'ENCRYPTED SIGSTORE PRIVATE KEY'

/** The capture with its JSON changed by the test. */
function tampered(change: (box: any) => void): string {
  const { label, bytes } = readPem(capture('cosign-testpw.key'), 'key')
  const box = JSON.parse(Buffer.from(bytes).toString())
  change(box)
  return writePem({ label, bytes: Buffer.from(JSON.stringify(box)) })
}

it('openPrivateKey opens the key file of cosign and signs for its public key', async () => {
  const signer = await openPrivateKey(capture('cosign-testpw.key'), 'testpw')
  const key = readPublicKey(capture('cosign-testpw.pub'))
  const { signature, material } = await signer.sign(MESSAGE)
  expect(isSignedBy(key, MESSAGE, signature)).toBe(true)
  expect(isSignedBy(key, Buffer.from('Message'), signature)).toBe(false)
  expect(material).toEqual({ kind: 'publicKey', hint: key.hint })
  expect(signer.name).toBe(`key ${key.id}`)
})

it('openPrivateKey opens the key file of older cosign, which has another label', async () => {
  const older = capture('cosign-testpw.key').replaceAll('SIGSTORE', 'COSIGN').replaceAll('\n', '\r\n')
  expect(isEncryptedKey(older)).toBe(true)
  await expect(openPrivateKey(older, 'testpw')).resolves.toHaveProperty('name')
})

it.each([['Testpw'], [''], ['testpw '], [undefined]])(
  'openPrivateKey refuses the password %j',
  async (password) => {
    await expect(openPrivateKey(capture('cosign-testpw.key'), password)).rejects.toMatchObject({
      code: 'KEY_PASSWORD_WRONG',
      exit: 7,
    })
  },
)

it('generateKeyPair makes a pair that its password alone opens, whatever the password is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string(), async (password, other) => {
      const { privateKey, publicKey } = await generateKeyPair(password)
      expect(privateKey).toMatch(
        /^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n$/,
      )
      const { signature } = await (await openPrivateKey(privateKey, password)).sign(MESSAGE)
      expect(isSignedBy(readPublicKey(publicKey), MESSAGE, signature)).toBe(true)
      fc.pre(other !== password)
      await expect(openPrivateKey(privateKey, other)).rejects.toMatchObject({ code: 'KEY_PASSWORD_WRONG' })
    }),
    { numRuns: 5, seed: 7 },
  )
})

it('generateKeyPair writes the same document as cosign, with new salt, nonce and key each time', async () => {
  const shape = (pem: string): any => JSON.parse(Buffer.from(readPem(pem, 'key').bytes).toString())
  const [cosign, one, other] = [
    shape(capture('cosign-testpw.key')),
    shape((await generateKeyPair('testpw')).privateKey),
    shape((await generateKeyPair('testpw')).privateKey),
  ]
  expect(one).toEqual({
    kdf: { ...cosign.kdf, salt: expect.any(String) },
    cipher: { ...cosign.cipher, nonce: expect.any(String) },
    ciphertext: expect.any(String),
  })
  for (const field of ['kdf.salt', 'cipher.nonce', 'ciphertext']) {
    const value = (box: any): string => field.split('.').reduce((at, name) => at[name], box)
    expect(value(one)).toHaveLength(value(cosign).length)
    expect(value(one)).not.toBe(value(other))
  }
})

it.each<[string, (box: any) => void]>([
  ['a higher N', (box) => (box.kdf.params.N = 2 ** 24)],
  ['an N of another type', (box) => (box.kdf.params.N = '65536')],
  ['another r', (box) => (box.kdf.params.r = 1024)],
  ['another p', (box) => (box.kdf.params.p = 1024)],
  ['no parameters', (box) => delete box.kdf.params],
  ['another kdf', (box) => (box.kdf.name = 'pbkdf2')],
  ['another cipher', (box) => (box.cipher.name = 'aes')],
  ['a short salt', (box) => (box.kdf.salt = 'AAAA')],
  ['a short nonce', (box) => (box.cipher.nonce = 'AAAA')],
  ['a nonce that is not base64', (box) => (box.cipher.nonce = '*'.repeat(32))],
  ['no ciphertext', (box) => delete box.ciphertext],
])('openPrivateKey finds a key file with %s invalid, before it derives a key', async (_, change) => {
  await expect(openPrivateKey(tampered(change), 'testpw')).rejects.toMatchObject({
    code: 'KEY_INVALID',
    exit: 5,
  })
})

it.each<[string, (box: any) => void]>([
  ['the ciphertext', (box) => (box.ciphertext = `A${box.ciphertext.slice(1)}`)],
  ['the ciphertext, which is too short for its tag', (box) => (box.ciphertext = 'AAAA')],
  ['the cost', (box) => (box.kdf.params.N = 32_768)],
])('openPrivateKey does not open a key file with a change in %s', async (_, change) => {
  await expect(openPrivateKey(tampered(change), 'testpw')).rejects.toMatchObject({
    code: 'KEY_PASSWORD_WRONG',
  })
})

it.each([
  ['an empty file', ''],
  ['text', 'a key'],
  ['a file that breaks off', capture('cosign-testpw.key').slice(0, -30)],
  ['a public key', capture('cosign.pub')],
  ['two keys', capture('cosign-testpw.key').repeat(2)],
  ['a label of a certificate', writePem({ label: 'CERTIFICATE', bytes: MESSAGE })],
  ['what is no document', writePem({ label: ENCRYPTED, bytes: MESSAGE })],
  ['what is no PKCS #8', writePem({ label: 'PRIVATE KEY', bytes: MESSAGE })],
  ['what is not base64', '-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----'],
  ['a huge file', `${'x'.repeat(70_000)}${capture('cosign-testpw.key')}`],
])('openPrivateKey finds %s invalid', async (_, pem) => {
  await expect(openPrivateKey(pem, 'testpw')).rejects.toMatchObject({ code: 'KEY_INVALID' })
})

const pemOf = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1'): string =>
  key.export({ format: 'pem', type }).toString()

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = (modulusLength: number): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey

it.each<[string, KeyObject, 'pkcs8' | 'sec1' | 'pkcs1', string]>([
  ['P-256 in PKCS #8', ec('P-256'), 'pkcs8', 'ecdsa-p256-sha256'],
  ['P-256 in EC form', ec('P-256'), 'sec1', 'ecdsa-p256-sha256'],
  ['P-384', ec('P-384'), 'pkcs8', 'ecdsa-p384-sha384'],
  ['P-521', ec('P-521'), 'pkcs8', 'ecdsa-p521-sha512'],
  ['RSA in PKCS #8', rsa(2048), 'pkcs8', 'rsa-pkcs1v15-sha256'],
  ['RSA in PKCS #1', rsa(2048), 'pkcs1', 'rsa-pkcs1v15-sha256'],
])('openPrivateKey opens an unencrypted key: %s', async (_, key, type, scheme) => {
  const pem = pemOf(key, type)
  expect(isEncryptedKey(pem)).toBe(false)
  const signer = await openPrivateKey(pem, undefined)
  const own = toVerificationKey(key)
  expect(own.scheme).toBe(scheme)
  expect(isSignedBy(own, MESSAGE, (await signer.sign(MESSAGE)).signature)).toBe(true)
})

it('openPrivateKey reads the key that openssl writes after the parameters of its curve', async () => {
  const parameters = writePem({ label: 'EC PARAMETERS', bytes: Buffer.from('06082a8648ce3d030107', 'hex') })
  const signer = await openPrivateKey(parameters + pemOf(ec('P-256'), 'sec1'), undefined)
  expect(keysOf(signer.verifier)[0]!.scheme).toBe('ecdsa-p256-sha256')
})

it.each<[string, KeyObject]>([
  ['Ed25519', generateKeyPairSync('ed25519').privateKey],
  ['RSA key of only 1024 bits', rsa(1024)],
  ['curve secp256k1', ec('secp256k1')],
  ['x25519', generateKeyPairSync('x25519').privateKey],
])('openPrivateKey refuses a key of another kind and says which: %s', async (found, key) => {
  await expect(openPrivateKey(pemOf(key, 'pkcs8'), undefined)).rejects.toMatchObject({
    code: 'KEY_INVALID',
    message: expect.stringContaining(found),
  })
})

it.each(['sec1', 'pkcs1'] as const)(
  "openPrivateKey says of OpenSSL's old encrypted PEM (%s) that it is encrypted, and what decrypts it",
  async (type) => {
    const encoding = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
    const pem =
      type === 'sec1'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type, ...encoding })
        : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type, ...encoding })
    expect(pem).toContain('Proc-Type: 4,ENCRYPTED')
    await expect(openPrivateKey(String(pem), 'x')).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('is encrypted in a form of OpenSSL that is not supported') as string,
      hint: expect.stringContaining('openssl pkey -in KEY') as string,
    })
  },
)
