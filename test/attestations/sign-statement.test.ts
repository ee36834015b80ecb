import { createPublicKey, verify } from 'node:crypto'

import { expect, it } from 'vitest'

import { signStatement } from '../../src/attestations/sign-statement.ts'
import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { parseBundle } from '../../src/signing/bundle-reader.ts'
import { toSignedBytes, type Witness } from '../../src/signing/witness.ts'
import { newSigner } from '../signing/scene.ts'

const ARTIFACT = parseDigest(`sha256:${'a'.repeat(64)}`)
const STATEMENT = { predicateType: SIGNATURE_PREDICATE, predicate: {} }

it('signStatement without witnesses makes a bundle without log entries and timestamps', async () => {
  const bundle = await signStatement(ARTIFACT, STATEMENT, await newSigner())
  expect(parseBundle(bundle)).toMatchObject({ tlogEntries: [], timestamps: [] })
  expect(Object.keys(JSON.parse(Buffer.from(bundle).toString()).verificationMaterial)).toEqual(['publicKey'])
})

it('signStatement hands each witness a signature that it can verify, and bundles all testimonies', async () => {
  const checked: boolean[] = []
  const witness = (logIndex: string, timestamp: string): Witness => ({
    name: `log ${logIndex}`,
    async testify(content, { signature, publicKey }) {
      const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
      checked.push(verify('sha256', toSignedBytes(content), key, signature))
      return { tlogEntries: [{ logIndex }], timestamps: [Buffer.from(timestamp)] }
    },
  })
  const witnesses = [witness('1', 'one'), witness('2', 'two')]
  const bundle = parseBundle(await signStatement(ARTIFACT, STATEMENT, await newSigner(), witnesses))
  expect(checked).toEqual([true, true])
  expect(bundle.tlogEntries).toEqual([{ logIndex: '1' }, { logIndex: '2' }])
  expect(bundle.timestamps.map((bytes) => Buffer.from(bytes).toString())).toEqual(['one', 'two'])
})

it('signStatement fails with a witness that fails', async () => {
  const failure = new Error('the log is down')
  const witness: Witness = { name: 'log', testify: () => Promise.reject(failure) }
  await expect(signStatement(ARTIFACT, STATEMENT, await newSigner(), [witness])).rejects.toBe(failure)
})
