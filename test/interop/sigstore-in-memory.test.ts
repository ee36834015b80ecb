import { expect, test } from 'vitest'

import { computeDigest } from '../../src/oci/digest.ts'
import { TestSigstore } from '../support/sigstore-in-memory/instance.ts'
import { needsPeers } from './peer.ts'
import { useWorkbench } from './workbench.ts'

// What the hermetic tests verify is what cosign verifies, too: their Sigstore in memory signs as a real one.

needsPeers('cosign')
const bench = useWorkbench()

const PREDICATE = 'https://sigstore.dev/cosign/sign/v1'

test.each(['dsse', 'hashedRekord'] as const)(
  'cosign verifies a bundle of it with a %s entry',
  async (kind) => {
    const memory = new TestSigstore()
    const content = Buffer.from('content')
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: computeDigest(content).slice(7) } }],
      predicateType: PREDICATE,
      predicate: {},
    }
    const bundle = memory.sign({
      payload: Buffer.from(JSON.stringify(statement)),
      entries: [memory[kind]],
      timestamps: [memory.timestamp],
    })
    bench.write('bundle.json', JSON.stringify(bundle))
    bench.write('root.json', JSON.stringify(memory.rootJson()))
    bench.write('content', content)
    const verify = (identity: string) =>
      bench.attemptPeer('cosign', [
        'verify-blob-attestation',
        '--bundle',
        'bundle.json',
        '--trusted-root',
        'root.json',
        '--type',
        PREDICATE,
        '--certificate-identity',
        identity,
        '--certificate-oidc-issuer',
        'https://sso.example.com',
        'content',
      ])
    const run = await verify('dev@example.com')
    expect(run.exit, run.stderr).toBe(0)
    expect(await verify('ops@example.com')).not.toMatchObject({ exit: 0 })
  },
)
