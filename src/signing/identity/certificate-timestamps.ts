import { createHash, type X509Certificate } from 'node:crypto'

import { X509Certificate as LibraryCertificate } from '@sigstore/core'

import { DER, encodeDer } from '../der.ts'
import { EXTENSIONS, readCertificateParts } from './certificate-extensions.ts'
import { readObjectIdentifier, readSequence } from './der-reader.ts'
import { NotVerified } from './not-verified.ts'
import { isValidAt, type TrustedRoot } from './trusted-root.ts'

/** The extension that holds them. https://www.rfc-editor.org/rfc/rfc6962#section-3.3 */
const TIMESTAMP_LIST = '1.3.6.1.4.1.11129.2.4.2'

/**
 * Counts the certificate transparency logs of the root that recorded a certificate. Timestamps of unknown logs are passed over; an
 * invalid one of a known log spoils the certificate. Throws {@link NotVerified}.
 */
export function countCertificateTimestamps(
  root: TrustedRoot,
  leaf: X509Certificate,
  issuer: X509Certificate,
): number {
  const verified = new Set<string>()
  const recorded = encodeRecorded(leaf, issuer)
  if (recorded === undefined) return 0
  for (const timestamp of readTimestamps(leaf)) {
    const known = root.certificateLogs.filter(({ id }) => id.equals(timestamp.logID))
    if (known.length === 0) continue
    const valid = known.some(
      ({ key, validity }) => isValidAt(validity, timestamp.datetime) && timestamp.verify(recorded, key),
    )
    if (!valid) throw new NotVerified('has a certificate whose timestamp of a certificate log is not valid')
    verified.add(timestamp.logID.toString('hex'))
  }
  return verified.size
}

type CertificateTimestamp = NonNullable<LibraryCertificate['extSCT']>['signedCertificateTimestamps'][number]

function readTimestamps(leaf: X509Certificate): readonly CertificateTimestamp[] {
  try {
    return LibraryCertificate.parse(leaf.raw).extSCT?.signedCertificateTimestamps ?? []
  } catch (cause) {
    throw new NotVerified('has a certificate whose timestamps of certificate logs are malformed', { cause })
  }
}

/**
 * What a certificate log signs: the hash of the issuer's key, and the certificate's signed content without the timestamps
 * themselves. Undefined if there are none. https://www.rfc-editor.org/rfc/rfc6962#section-3.2
 */
function encodeRecorded(leaf: X509Certificate, issuer: X509Certificate): Buffer | undefined {
  const { signed, elements, extensions } = readCertificateParts(Buffer.from(leaf.raw))
  if (!extensions.has(TIMESTAMP_LIST)) return undefined
  const others = elements.filter(
    ({ whole }) => readObjectIdentifier(readSequence(whole)[0]) !== TIMESTAMP_LIST,
  )
  const content = encodeDer(
    DER.sequence,
    ...signed.map((element) =>
      element.tag === EXTENSIONS
        ? encodeDer(EXTENSIONS, encodeDer(DER.sequence, ...others.map(({ whole }) => whole)))
        : element.whole,
    ),
  )
  const size = Buffer.alloc(3)
  size.writeUIntBE(content.length, 0, 3)
  const key = issuer.publicKey.export({ format: 'der', type: 'spki' })
  return Buffer.concat([createHash('sha256').update(key).digest(), size, content])
}
