import { X509Certificate, createPrivateKey } from 'node:crypto'

import { WasmpackError } from '../errors.ts'

/** A TLS client certificate and its key, as PEM text. */
export interface ClientCertificate {
  /** The certificate, followed by intermediate ones, if any. */
  readonly certificate: string
  readonly key: string
  /** Their files, for messages. */
  readonly files?: { readonly certificate: string; readonly key: string }
}

/** The certificates in a PEM text. */
export const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** Throws KEY_INVALID unless the text has at least one certificate and all are well-formed. */
export function checkAuthorities(pem: string, file?: string): void {
  const whole = file === undefined ? 'the certificate authorities' : `CA file ${file}`
  const invalid = (message: string, cause?: unknown): WasmpackError =>
    new WasmpackError('KEY_INVALID', message, {
      hint: 'a CA file has -----BEGIN CERTIFICATE----- blocks',
      cause,
    })
  const found = pem.match(CERTIFICATE) ?? []
  if (found.length === 0) throw invalid(`${whole} ${file === undefined ? 'have' : 'has'} no PEM certificate`)
  for (const [at, certificate] of found.entries()) {
    try {
      void new X509Certificate(certificate)
    } catch (cause) {
      throw invalid(`certificate ${at + 1} of ${found.length} in ${whole} is malformed`, cause)
    }
  }
}

/** Throws KEY_INVALID unless certificate and key are well-formed and match. */
export function checkClientCertificate({ certificate, key, files }: ClientCertificate): void {
  const ownName = files === undefined ? 'the client certificate' : `client certificate ${files.certificate}`
  const keyName = files === undefined ? 'the key of the client certificate' : `private key ${files.key}`
  const invalid = (message: string, hint: string, cause?: unknown): WasmpackError =>
    new WasmpackError('KEY_INVALID', message, { hint, cause })
  const found = certificate.match(CERTIFICATE) ?? []
  let own: X509Certificate | undefined
  try {
    own = found.map((each) => new X509Certificate(each))[0]
  } catch (cause) {
    throw invalid(`${ownName} is malformed`, 'it must be a PEM file', cause)
  }
  if (own === undefined)
    throw invalid(
      `${ownName} has no PEM certificate`,
      'a certificate file has a -----BEGIN CERTIFICATE----- block; pass the key with --key-file',
    )
  let secret
  try {
    secret = createPrivateKey(key)
  } catch (cause) {
    const encrypted = /-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(key)
    throw encrypted
      ? invalid(
          `${keyName} is encrypted`,
          'wasmpack does not decrypt TLS keys; decrypt it: openssl pkey -in KEY -out PLAIN',
          cause,
        )
      : invalid(`${keyName} is not a PEM private key`, 'pass the key with --key-file', cause)
  }
  if (!own.checkPrivateKey(secret))
    throw invalid(
      files === undefined
        ? 'the key does not match the client certificate'
        : `${keyName} does not match ${ownName}`,
      'pass a matching pair with --cert-file and --key-file; the client certificate comes first in its file',
    )
}
