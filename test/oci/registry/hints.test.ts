import { expect, it } from 'vitest'

import { verifySignatures } from '../../../src/attestations/verify.ts'
import { openRegistry } from '../../../src/oci/registry/registry-target.ts'
import { newSigner } from '../../signing/scene.ts'
import { always, opened } from '../../support/registry/opened.ts'
import { startRegistry } from '../../support/registry/registry.ts'
import { blobFrom, pushThing } from '../artifacts.ts'

it('an https token service of an http registry is named when it is not reached', async () => {
  const other = await startRegistry()
  await other.close()
  const realm = `https://${other.host}/token`
  const { options, registry } = await opened({
    auth: { kind: 'bearer', username: 'ci', password: 'p', realm },
  })
  const target = openRegistry(
    { kind: 'registry', registry: registry.host, repository: 'team/app' },
    { ...options, credentials: always(undefined) },
  )
  await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(
      /^cannot reach the token service of registry .* refused the connection/,
    ) as string,
    hint: expect.stringContaining(`names a token service that uses HTTPS, https://${other.host}`) as string,
  })
})

it('a project that is no proxy cache is not taken for one', async () => {
  const { target } = await opened(
    { like: 'harbor' },
    {
      repository: 'priv/app',
      credential: { kind: 'basic', username: 'robot$ci', password: 'ci-password' },
    },
  )
  const thing = await pushThing(target, 'a module', '1')
  const { verifier } = await newSigner()
  await expect(verifySignatures(target, thing.digest, verifier)).rejects.toMatchObject({
    code: 'SIGNATURE_MISSING',
    hint: 'sign it with wasmpack sign, or push it with --key',
  })
})
