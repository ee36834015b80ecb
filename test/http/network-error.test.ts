import { expect, test } from 'vitest'

import { isTransient, toNetworkError } from '../../src/http/network-error.ts'

const refused = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall })

test.for([
  ['EPERM', 'connect'],
  ['ENETDOWN', 'connect'],
  ['EADDRNOTAVAIL', 'connect'],
  ['EMFILE', 'connect'],
  ['EAI_FAIL', 'getaddrinfo'],
] as const)('toNetworkError names %s of %s, which it has no words for', ([code, syscall]) => {
  for (const error of [
    refused(code, syscall),
    new AggregateError([refused(code, syscall)], 'every address failed'),
  ]) {
    const failure = toNetworkError(error, 'registry.example')
    expect(failure).toMatchObject({
      code: 'UNAVAILABLE',
      exit: 9,
      message: `registry.example is unreachable (${code})`,
      details: { host: 'registry.example', reason: code },
    })
    expect(isTransient(failure)).toBe(false)
  }
})

test.for([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', false, 'requires a client certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', false, 'requires a client certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', true, 'rejected the client certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', true, 'rejected the client certificate'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', true, 'rejected the client certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', true, 'rejected the client certificate'],
] as const)(
  'toNetworkError tells what %s means where a certificate was shown: %s',
  ([code, shown, found]) => {
    const error = Object.assign(new Error('alert'), { code })
    expect(toNetworkError(error, 'registry.example', shown)).toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
      message: `registry.example ${found}`,
      hint: expect.stringContaining('--cert-file') as string,
    })
  },
)

test.for([
  ['ECONNRESET', 'registry.example closed the connection', 'try again'],
  ['ETIMEDOUT', 'the connection to registry.example timed out', 'firewall'],
  ['CONNECT_TIMEOUT', 'the connection to registry.example timed out', 'firewall'],
  [
    'HEADERS_TIMEOUT',
    'registry.example accepted the connection, but did not respond in time',
    'check the port',
  ],
  ['BODY_TIMEOUT', 'registry.example stalled during a transfer', '--retries'],
  ['BODY_TOO_SLOW', 'registry.example sends too slowly', '--retries'],
  ['EAI_AGAIN', 'cannot resolve host registry.example: the DNS server did not answer', 'DNS'],
  ['ENETUNREACH', 'registry.example is unreachable', 'HTTPS_PROXY'],
  ['HPE_INVALID_CONSTANT', 'registry.example did not respond with well-formed HTTP', 'expects TLS'],
] as const)('toNetworkError says of %s, which may pass, what to do', ([code, found, hint]) => {
  const failure = toNetworkError(Object.assign(new Error(code), { code }), 'registry.example')
  expect(failure).toMatchObject({
    message: found,
    hint: expect.stringContaining(hint) as string,
  })
  expect(isTransient(failure)).toBe(true)
})

test('toNetworkError hands back what is none of the network', () => {
  for (const error of [new TypeError('a fault of ours'), 'a text', undefined])
    expect(toNetworkError(error, 'registry.example')).toBe(error)
})
