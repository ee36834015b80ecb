import { expect, test } from 'vitest'

import { attestArtifact } from '../../src/attestations/attest.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import type { Witness } from '../../src/signing/witness.ts'
import { CREATED, SBOM } from '../signing/scene.ts'
import { corp, DAY, judge, KEYS, newArtifact, NOW, openDirectory, policy } from './trust-scene.ts'

const stampingAt = (time: Date): Witness => ({
  name: 'a timestamp authority',
  testify: async (_, { signature }) => ({
    tlogEntries: [],
    timestamps: [corp.timestamps.stamp(signature, time)],
  }),
})

test('a valid signature that is older than a policy asks for is made again, and an attestation too', async () => {
  const { apply } = openDirectory()
  const applied = apply(
    policy(`roots: {corp: {trustedRoot: corp.json, logEntries: 0, timestamps: 1}}
signers: {a: [{key: a.pub, root: corp}]}
signatures: [{by: a}]
attestations: [{type: spdxjson, by: a}]
signedWithin: 10d`),
  )
  const { privateKey } = KEYS.a
  const signer = await openPrivateKey(
    privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    undefined,
  )
  const artifact = await newArtifact()
  const { target, manifest } = artifact
  const signAt = async (days: number, again: boolean): Promise<readonly boolean[]> => {
    const witnesses = [stampingAt(new Date(NOW.getTime() - days * DAY))]
    const options = { created: CREATED, witnesses, again }
    const attested = { ...options, predicateType: SBOM, predicate: {} }
    return [
      (await signArtifact(target, manifest, signer, options)).written,
      (await attestArtifact(target, manifest, signer, attested)).written,
    ]
  }
  expect(await signAt(20, false)).toEqual([true, true])
  expect(await judge(artifact, applied)).toContain('was signed at')
  expect(await signAt(1, false)).toEqual([false, false])
  expect(await judge(artifact, applied)).toContain('TRUST_DENIED')
  expect(await signAt(1, true)).toEqual([true, true])
  expect(await judge(artifact, applied)).toBe('admitted')
})
