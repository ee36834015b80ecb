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
] as const)('networkFailure names %s of %s, which it has no words for', ([code, syscall]) => {
  for (const error of [
    refused(code, syscall),
    new AggregateError([refused(code, syscall)], 'every address failed'),
  ]) {
    const failure = toNetworkError(error, 'registry.example')
    expect(failure).toMatchObject({
      code: 'UNAVAILABLE',
      exit: 9,
      message: `registry.example cannot be reached (${code})`,
      details: { host: 'registry.example', reason: code },
    })
    expect(isTransient(failure)).toBe(false)
  }
})

test.for([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', false, 'asks for a client certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', false, 'asks for a client certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', true, 'does not accept the client certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', true, 'does not accept the client certificate'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', true, 'does not accept the client certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', true, 'does not accept the client certificate'],
] as const)(
  'networkFailure tells what %s means where a certificate was shown: %s',
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
  ['ECONNRESET', 'closed the connection', 'try again'],
  ['ETIMEDOUT', 'did not answer in time', 'firewall'],
  ['CONNECT_TIMEOUT', 'did not accept the connection in time', 'firewall'],
  ['HEADERS_TIMEOUT', 'did not answer in time', 'check the port'],
  ['BODY_TIMEOUT', 'stalled in the middle of a transfer', '--retries'],
  ['BODY_TRICKLES', 'sends too slowly to be waited for', '--retries'],
  ['EAI_AGAIN', 'could not be looked up: the name service did not answer', 'DNS'],
  ['ENETUNREACH', 'cannot be reached', 'HTTPS_PROXY'],
  ['HPE_INVALID_CONSTANT', 'did not answer in well-formed HTTP', 'wants TLS'],
] as const)('networkFailure says of %s, which may pass, what to do', ([code, found, hint]) => {
  const failure = toNetworkError(Object.assign(new Error(code), { code }), 'registry.example')
  expect(failure).toMatchObject({
    message: `registry.example ${found}`,
    hint: expect.stringContaining(hint) as string,
  })
  expect(isTransient(failure)).toBe(true)
})

test('networkFailure hands back what is none of the network', () => {
  for (const error of [new TypeError('a fault of ours'), 'a text', undefined])
    expect(toNetworkError(error, 'registry.example')).toBe(error)
})
