import { CLIENT_CERTIFICATE } from '../../../http/network-error.ts'
import type { Diagnoser } from './diagnosis.ts'

/** What Go's servers and nginx say, each in plain HTTP. */
export const tlsRequired: Diagnoser = ({ status, text }, { registry }) =>
  status === 400 && /\bHTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)\b/i.test(text)
    ? {
        code: 'UNAVAILABLE',
        message: `registry ${registry} speaks TLS and was asked over plain HTTP`,
        hint: 'leave --plain-http out; on this machine HTTPS is spoken with --ca-file or --insecure',
      }
    : undefined

/** nginx lets every client in, and refuses its requests one by one. */
export const clientCertificateRequired: Diagnoser = ({ status, isHtml, text }, { registry }) => {
  if (status !== 400 || !isHtml) return undefined
  const lacking = /No required SSL certificate was sent/i.test(text)
    ? CLIENT_CERTIFICATE.missing
    : /The SSL certificate error/i.test(text)
      ? CLIENT_CERTIFICATE.refused
      : undefined
  return (
    lacking && { code: lacking.code, message: `registry ${registry} ${lacking.found}`, hint: lacking.hint }
  )
}
