import { CLIENT_CERTIFICATE } from '../../../http/network-failure.ts'
import type { Rule } from './refusal.ts'

/** What Go's servers and nginx say, each in plain HTTP. */
export const speaksTls: Rule = ({ status, words }, { registry }) =>
  status === 400 && /\bHTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)\b/i.test(words)
    ? {
        code: 'UNAVAILABLE',
        message: `registry ${registry} speaks TLS and was asked over plain HTTP`,
        hint: 'leave --plain-http out; on this machine HTTPS is spoken with --ca-file or --insecure',
      }
    : undefined

/** nginx lets every client in, and refuses its requests one by one. */
export const clientCertificate: Rule = ({ status, page, words }, { registry }) => {
  if (status !== 400 || !page) return undefined
  const lacking = /No required SSL certificate was sent/i.test(words)
    ? CLIENT_CERTIFICATE.missing
    : /The SSL certificate error/i.test(words)
      ? CLIENT_CERTIFICATE.refused
      : undefined
  return (
    lacking && { code: lacking.code, message: `registry ${registry} ${lacking.found}`, hint: lacking.hint }
  )
}
