import { X509Certificate, createPrivateKey } from 'node:crypto'
import { type SecureContext, createSecureContext, rootCertificates } from 'node:tls'

import { WasmpackError } from '../errors.ts'

/** Who a client is to a server that asks for a certificate. PEM texts. */
export interface ClientCertificate {
  /** The certificate, then those of the authorities between it and the root, if any. */
  readonly certificate: string
  readonly key: string
  /** Where the two were read, for messages. */
  readonly files?: { readonly certificate: string; readonly key: string }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * What a TLS connection is made with: the authorities that a server is held to, which are the usual ones and those of the PEM
 * text `authorities`, and the certificate that is shown when it asks for one; both were checked.
 */
export function buildSecureContext(
  authorities: string | undefined,
  client?: ClientCertificate | undefined,
): SecureContext {
  return createSecureContext({
    ...(authorities === undefined
      ? {}
      : { ca: [...rootCertificates, ...(authorities.match(CERTIFICATE) ?? [])] }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  })
}

/** Throws KEY_INVALID unless every certificate of the text can be read and there is one. */
export function checkAuthorities(pem: string, file?: string): void {
  const whole = file === undefined ? 'the certificate authorities' : `CA file ${file}`
  const invalid = (message: string, cause?: unknown): WasmpackError =>
    new WasmpackError('KEY_INVALID', message, {
      hint: 'a CA file has lines that say BEGIN CERTIFICATE',
      cause,
    })
  const found = pem.match(CERTIFICATE) ?? []
  if (found.length === 0)
    throw invalid(`${whole} ${file === undefined ? 'hold' : 'holds'} no PEM certificate`)
  for (const [at, certificate] of found.entries()) {
    try {
      void new X509Certificate(certificate)
    } catch (cause) {
      throw invalid(`certificate ${at + 1} of ${found.length} of ${whole} is malformed`, cause)
    }
  }
}

/** Throws KEY_INVALID unless certificate and key can be read and belong together. */
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
    throw invalid(`${ownName} is malformed`, 'it is a PEM file', cause)
  }
  if (own === undefined)
    throw invalid(
      `${ownName} holds no PEM certificate`,
      'a certificate file has lines that say BEGIN CERTIFICATE; --key-file names the key',
    )
  let secret
  try {
    secret = createPrivateKey(key)
  } catch (cause) {
    const encrypted = /-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(key)
    throw encrypted
      ? invalid(
          `${keyName} is encrypted`,
          'wasmpack asks for no password of it; write it without one: openssl pkey -in KEY -out PLAIN',
          cause,
        )
      : invalid(`${keyName} is no PEM private key`, 'give the key with --key-file', cause)
  }
  if (!own.checkPrivateKey(secret))
    throw invalid(
      files === undefined
        ? 'the key is not that of the client certificate'
        : `${keyName} is not that of ${ownName}`,
      'give --cert-file and --key-file that were made together; the first certificate of the file is the own one',
    )
}
