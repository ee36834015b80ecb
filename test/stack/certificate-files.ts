import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  AUTHORITY,
  CLIENT_CERTIFICATE,
  CLIENT_KEY,
  SERVER_CERTIFICATE,
  SERVER_KEY,
  STRANGER_CERTIFICATE,
  STRANGER_KEY,
} from '../support/certificates.ts'

/** A private authority and what it has signed, as files in PEM, which is how programs want them. */
export interface CertificateFiles {
  readonly authority: string
  /** For localhost and registry.example. */
  readonly server: CertificatePair
  readonly client: CertificatePair
  /** Signed by another authority. */
  readonly stranger: CertificatePair
}

export interface CertificatePair {
  readonly certificate: string
  readonly key: string
}

export function writeCertificates(directory: string): CertificateFiles {
  const written = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const pair = (name: string, certificate: string, key: string): CertificatePair => ({
    certificate: written(`${name}.pem`, certificate),
    key: written(`${name}.key`, key),
  })
  return {
    authority: written('authority.pem', AUTHORITY),
    server: pair('server', SERVER_CERTIFICATE, SERVER_KEY),
    client: pair('client', CLIENT_CERTIFICATE, CLIENT_KEY),
    stranger: pair('stranger', STRANGER_CERTIFICATE, STRANGER_KEY),
  }
}
