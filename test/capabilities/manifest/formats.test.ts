import { expect, test } from 'vitest'

import { DATABASE, DNS_NAME, HTTP_HOST, SOCKET_ADDRESS } from '../../../src/capabilities/manifest/formats.ts'
import { matchesFormat } from '../../../src/documents/scalar-format.ts'

test.each([
  'a.example',
  'A.example.',
  '10.0.0.1',
  '[::1]',
  '[::ffff:10.0.0.1]',
  '[2001:db8::/32]:*',
  'xn--bcher-kva.example',
])('a host may be %s', (text) => expect(matchesFormat(HTTP_HOST, text)).toBe(true))

// What URL parsers and resolvers take for an address must not pass for a name.
test.each([
  '127.1',
  '2130706433',
  '0x7f.1',
  '0x7f000001',
  '010.0.0.1',
  '1.2.3.4.5',
  'a.0x',
  '*.1',
  '256.0.0.1',
  '10.0.0.1.',
])('a host is not %s, which is read as an address or fails', (text) =>
  expect(matchesFormat(HTTP_HOST, text)).toBe(false),
)

test.each([
  'a..b',
  '.',
  'a.-b',
  'a-.b',
  'bücher.example',
  '[10.0.0.1]',
  '[:::1]',
  '[1:2:3:4:5:6:7]',
  '[::1/129]',
  '[::g]',
])('a host is not %s', (text) => expect(matchesFormat(HTTP_HOST, text)).toBe(false))

test.each([
  'a:70000',
  '10.0.0.0/33:1',
  '10.0.0.1/8:1',
  '[2001:db8::1/32]:1',
  'a.example/8:1',
  '[::1%eth0]:1',
])('an address is not %s', (text) => expect(matchesFormat(SOCKET_ADDRESS, text)).toBe(false))

test('names to look up and databases are held to the same', () => {
  expect([
    matchesFormat(DNS_NAME, '127.1'),
    matchesFormat(DATABASE, '127.1:80'),
    matchesFormat(DATABASE, 'db:99999'),
  ]).toEqual([false, false, false])
})
