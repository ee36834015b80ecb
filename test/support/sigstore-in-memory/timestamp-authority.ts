import { createHash } from 'node:crypto'

import { encodeDer } from '../../../src/signing/der.ts'
import { END, START } from './certificate-authority.ts'
import {
  authorityExtensions,
  distinguishedName,
  ECDSA_SHA256,
  extension,
  generalizedTime,
  integer,
  keyIdentifiers,
  newKeyPair,
  octets,
  oid,
  sequence,
  set,
  SHA256,
  signEcdsa,
  writeCertificate,
} from './x509.ts'

const TST_INFO = '1.2.840.113549.1.9.16.1.4'

/** A timestamp authority. https://www.rfc-editor.org/rfc/rfc3161 */
export class TestTimestampAuthority {
  readonly root: Buffer
  readonly certificate: Buffer
  private readonly pair = newKeyPair()
  private readonly issuer: Uint8Array
  private serial = 1000

  constructor(name = 'test timestamps', to = END) {
    const rootPair = newKeyPair()
    this.issuer = distinguishedName(`${name} root`)
    const common = { issuer: this.issuer, from: START }
    this.root = writeCertificate(
      {
        ...common,
        to: END,
        serial: 1,
        subject: this.issuer,
        key: rootPair.publicKey,
        extensions: [...authorityExtensions(), ...keyIdentifiers(rootPair.publicKey, rootPair.publicKey)],
      },
      rootPair.privateKey,
    )
    this.certificate = writeCertificate(
      {
        ...common,
        to,
        serial: 7,
        subject: distinguishedName(name),
        key: this.pair.publicKey,
        extensions: [
          extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.8')), true),
          ...keyIdentifiers(this.pair.publicKey, rootPair.publicKey),
        ],
      },
      rootPair.privateKey,
    )
  }

  /** A response with a timestamp of the signature; `status` is that of the response. */
  stamp(signature: Uint8Array, at: Date, status = 0): Buffer {
    const tstInfo = sequence(
      integer(1),
      oid('1.3.6.1.4.1.57264.2'),
      sequence(SHA256, octets(createHash('sha256').update(signature).digest())),
      integer(this.serial++),
      generalizedTime(at),
    )
    const attributes = [
      sequence(oid('1.2.840.113549.1.9.3'), set(oid(TST_INFO))),
      sequence(oid('1.2.840.113549.1.9.4'), set(octets(createHash('sha256').update(tstInfo).digest()))),
    ]
    const signerInfo = sequence(
      integer(1),
      sequence(this.issuer, integer(7)),
      SHA256,
      encodeDer(0xa0, ...attributes),
      ECDSA_SHA256,
      octets(signEcdsa(this.pair.privateKey, set(...attributes))),
    )
    const signedData = sequence(
      integer(3),
      set(SHA256),
      sequence(oid(TST_INFO), encodeDer(0xa0, octets(tstInfo))),
      set(signerInfo),
    )
    return Buffer.from(
      sequence(sequence(integer(status)), sequence(oid('1.2.840.113549.1.7.2'), encodeDer(0xa0, signedData))),
    )
  }
}
