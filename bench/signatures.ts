import { writeFileSync } from 'node:fs'

import { TestSigstore } from '../test/support/sigstore-in-memory/instance.ts'

/** Writes what signs and what verifies: bundles about digests by one identity, and the trusted root of the services that confirm them. */
export function writeSignatures(digests: Readonly<Record<string, string>>, rootFile: string): void {
  const sigstore = new TestSigstore()
  writeFileSync(rootFile, JSON.stringify(sigstore.rootJson()))
  for (const [file, digest] of Object.entries(digests)) {
    const payload = Buffer.from(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ digest: { sha256: digest.slice(7) } }],
        predicateType: 'https://sigstore.dev/cosign/sign/v1',
        predicate: {},
      }),
    )
    const { hashedRekord, timestamp } = sigstore
    const bundle = sigstore.sign({ payload, entries: [hashedRekord], timestamps: [timestamp] })
    writeFileSync(file, JSON.stringify(bundle))
  }
}
