import { expect, test } from 'vitest'

import { readProxies } from '../../src/config/proxies.ts'

test('readProxies takes the lower case before the upper, and ALL_PROXY where there is no other', () => {
  expect(readProxies({})).toEqual({ https: undefined, http: undefined, none: '' })
  expect(
    readProxies({
      HTTPS_PROXY: 'one',
      https_proxy: 'two',
      HTTP_PROXY: 'three',
      NO_PROXY: 'a',
      no_proxy: 'b',
    }),
  ).toEqual({
    https: { variable: 'https_proxy', url: 'two' },
    http: { variable: 'HTTP_PROXY', url: 'three' },
    none: 'b',
  })
  expect(readProxies({ ALL_PROXY: 'all', https_proxy: '', HTTP_PROXY: 'own' })).toMatchObject({
    https: { variable: 'ALL_PROXY', url: 'all' },
    http: { variable: 'HTTP_PROXY', url: 'own' },
  })
})

test('readProxies takes no HTTP_PROXY in upper case in a CGI program, where a visitor sets it', () => {
  const visited = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://visitor.example' }
  expect(readProxies(visited).http).toBeUndefined()
  expect(readProxies({ ...visited, http_proxy: 'own' }).http).toEqual({ variable: 'http_proxy', url: 'own' })
})
