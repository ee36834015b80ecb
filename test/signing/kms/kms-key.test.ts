import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

import { afterAll, beforeEach, expect, it, vi } from 'vitest'

import { createKmsKey, openKmsKey, readKmsKey } from '../../../src/signing/kms/kms-key.ts'
import { type KmsKeyUri, parseKeyUri } from '../../../src/signing/kms/key-uri.ts'
import { isSignedBy } from '../../../src/signing/public-key.ts'

const MESSAGE = Buffer.from([0, 0xff, 0xfe, 0x0a, 0])
const directory = mkdtempSync(join(tmpdir(), 'wasmpack-kms-'))
afterAll(() => rmSync(directory, { recursive: true }))
const keyFile = join(directory, 'key.pem')
const uriOf = (behaviour = '', file = keyFile): KmsKeyUri => parseKeyUri(`testkms://${behaviour}:${file}`)!

const failureOf = async (run: Promise<unknown>): Promise<Error> => {
  await expect(run).rejects.toThrow()
  return run.then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  )
}

const writeKey = (file: string, namedCurve: string): void => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve })
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
}
writeKey(keyFile, 'P-256')

beforeEach(() => {
  vi.stubEnv('PATH', [resolve('test/support/kms-plugin'), process.env['PATH']].join(delimiter))
  return () => vi.unstubAllEnvs()
})

it('parseKeyUri tells a key in a KMS from a file', () => {
  expect(parseKeyUri('softhsm://token/release key')).toEqual({ plugin: 'softhsm', id: 'token/release key' })
  for (const path of [
    'cosign.key',
    '-',
    './a://b',
    '/keys/x',
    'pkcs11:token=a',
    '://x',
    '../sh://x',
    'a b://x',
  ])
    expect(parseKeyUri(path), path).toBeUndefined()
  for (const id of ['', 'a\nb', 'a\0b', 'x'.repeat(2049)])
    expect(() => parseKeyUri(`softhsm://${id}`), id.slice(0, 9)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
})

it.each(['P-256', 'P-384', 'P-521'])('openKmsKey signs with a %s key that the plugin has', async (curve) => {
  const file = join(directory, `${curve}.pem`)
  writeKey(file, curve)
  const signer = await openKmsKey(uriOf('', file))
  const key = await readKmsKey(uriOf('', file))
  const { signature, material } = await signer.sign(MESSAGE)
  expect(isSignedBy(key, MESSAGE, signature)).toBe(true)
  expect(material).toEqual({ kind: 'publicKey', hint: key.hint })
  expect(signer.name).toBe(`key ${key.id}`)
})

it('createKmsKey makes the key that signs afterwards', async () => {
  const uri = uriOf('', join(directory, 'new.pem'))
  const { id } = await createKmsKey(uri)
  expect((await openKmsKey(uri)).name).toBe(`key ${id}`)
})

it('a plugin gets the message on standard input alone, and no secret but its own', async () => {
  vi.stubEnv('COSIGN_PASSWORD', 'secret')
  vi.stubEnv('TESTKMS_TOKEN', 'secret')
  const failure = await failureOf(readKmsKey(uriOf('tells')))
  expect(
    JSON.parse(failure.message.replace(/^sigstore-kms-testkms says: (.*) \(publicKey\)$/, '$1')),
  ).toEqual({
    version: 'v1',
    request: {
      initOptions: {
        protocolVersion: 'v1',
        keyResourceID: `tells:${keyFile}`,
        hashFunc: 5,
        rpcOptions: { keyVersion: '', remoteVerification: false },
      },
      methodName: 'publicKey',
      publicKey: { publicKeyOptions: { rpcOptions: { keyVersion: '', remoteVerification: false } } },
    },
    variables: ['TESTKMS_TOKEN'],
  })
})

it('P10: a plugin that is not there is named, with what cosign reads under the same name', async () => {
  await expect(readKmsKey(parseKeyUri('nowhere://key')!)).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: 'no program sigstore-kms-nowhere in PATH, which --key nowhere://... names',
    hint: expect.stringContaining('install the Sigstore KMS plugin sigstore-kms-nowhere'),
  })
  for (const [uri, hint] of [
    ['awskms:///alias/release', 'cosign public-key --key awskms://ID --outfile kms.pub'],
    ['env://COSIGN_PRIVATE_KEY', 'printenv NAME | wasmpack ... --key -'],
    ['https://user:secret@example.com/cosign.pub', 'download the key'],
  ] as const) {
    const failure = await failureOf(readKmsKey(parseKeyUri(uri)!))
    expect(failure).toMatchObject({ code: 'FILE_NOT_FOUND', hint: expect.stringContaining(hint) })
    expect(failure.message).not.toContain('secret')
  }
})

it('P10: a plugin that hangs is killed', async () => {
  await expect(openKmsKey(uriOf('hangs'), { timeout: 300 })).rejects.toMatchObject({
    code: 'KMS_FAILED',
    exit: 9,
    message: 'sigstore-kms-testkms timed out (publicKey)',
  })
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(openKmsKey(uriOf('hangs'), { signal })).rejects.toThrow('enough')
})

it('P10: a plugin that prints 1 GB is killed long before its end', async () => {
  await expect(openKmsKey(uriOf('floods'))).rejects.toMatchObject({
    code: 'KMS_FAILED',
    message: 'sigstore-kms-testkms printed too much output (publicKey)',
  })
})

it.each(['other-key', 'other-hash'])('P10: a plugin that signs with %s signs nothing', async (behaviour) => {
  const signer = await openKmsKey(uriOf(behaviour))
  await expect(signer.sign(MESSAGE)).rejects.toMatchObject({
    code: 'KEY_INVALID',
    message: expect.stringMatching(
      /^sigstore-kms-testkms gave a signature that does not verify with its public key sha256:[0-9a-f]{64} \(ecdsa-p256-sha256\)$/,
    ),
  })
})

it.each([
  [
    'exits with 0 and an error in JSON',
    'error',
    String.raw`says: no such key at https://***@vault.example/\u{1b}[2J`,
  ],
  ['fails without an answer', 'fails', 'failed with status 3: no token at https://***@vault.example/v1'],
  ['answers nothing', 'empty', 'gave an answer without publicKey.publicKeyPEM'],
  ['answers in prose', 'prose', 'gave an answer that is not JSON'],
])('P10: a plugin that %s has failed', async (_, behaviour, problem) => {
  await expect(readKmsKey(uriOf(behaviour))).rejects.toMatchObject({
    code: 'KMS_FAILED',
    message: `sigstore-kms-testkms ${problem} (publicKey)`,
  })
})

it('a plugin whose bytes are not base64 has failed', async () => {
  await expect(readKmsKey(uriOf('bytes'))).rejects.toMatchObject({
    code: 'KMS_FAILED',
    message: 'sigstore-kms-testkms gave an answer whose publicKey.publicKeyPEM is not base64',
  })
})
