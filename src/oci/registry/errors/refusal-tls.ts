import { CLIENT_CERTIFICATE } from '../../../http/network-error.ts'
import type { Diagnoser } from './diagnosis.ts'

/** The messages of Go servers and nginx for plain HTTP on a TLS port. */
export const tlsRequired: Diagnoser = ({ status, text }, { registry }) =>
  status === 400 && /\bHTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)\b/i.test(text)
    ? {
        code: 'UNAVAILABLE',
        message: `registry ${registry} expects HTTPS, but was contacted over plain HTTP`,
        hint: 'omit --plain-http; for HTTPS on a loopback host, pass --ca-file FILE or --insecure',
      }
    : undefined

/** nginx accepts connections without a client certificate, and refuses their requests. */
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
