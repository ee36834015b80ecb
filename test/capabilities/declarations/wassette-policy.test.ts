import { describe, expect, test } from 'vitest'

import type { Declaration } from '../../../src/capabilities/declarations/declaration.ts'
import { parseWassettePolicy } from '../../../src/capabilities/declarations/wassette-policy.ts'

const read = (permissions: object | null): Declaration =>
  parseWassettePolicy(JSON.stringify({ version: '1.0', description: 'x', permissions }), 'policy.yaml')

const listOffers = ({ allowances }: Declaration): unknown =>
  allowances.flatMap(({ offers }) => offers.map(({ grant, item }) => [grant, item]))

const storage = (allow: readonly object[], deny: readonly object[] = []): Declaration =>
  read({ storage: { allow, deny } })
const network = (allow: readonly object[], deny: readonly object[] = []): Declaration =>
  read({ network: { allow, deny } })

describe('storage', () => {
  test.each([
    ['fs://workspace/**', ['read', 'write'], { guest: '/workspace', mode: 'rw' }],
    ['fs:///app/data/**', ['read'], { guest: '/app/data', mode: 'ro' }],
    ['fs://workspace/', ['read'], { guest: '/workspace', mode: 'ro' }],
    ['fs://config/app.yaml', ['read'], { guest: '/config/app.yaml', mode: 'ro' }],
  ])('%s with %j is one directory', (uri, access, directory) => {
    const declaration = storage([{ uri, access }])
    expect(listOffers(declaration)).toEqual([['filesystem', directory]])
    expect(declaration.unexpressed).toEqual([])
  })

  test.each([
    ['fs://logs/*.log', ['read'], /files by a pattern/],
    ['fs://jobs/*/temp', ['read'], /files by a pattern/],
    ['fs://$(pwd)/jobs/**', ['read'], /where wassette runs/],
    ['fs://out/**', ['write'], /can be read too/],
    ['http://example.com', ['read'], /fs:\/\/ alone/],
  ])('%s with %j is named and not granted', (uri, access, reason) => {
    const { allowances, unexpressed } = storage([{ uri, access }])
    expect(allowances).toEqual([])
    expect(unexpressed).toMatchObject([
      { path: 'permissions.storage.allow[0]', value: uri, reason: expect.stringMatching(reason) as string },
    ])
  })

  test('is not granted where a part of it is denied, since grants have no exceptions', () => {
    const allow = { uri: 'fs://jobs/**', access: ['read', 'write'] }
    const deny = (uri: string, access: readonly string[]): number =>
      storage([allow], [{ uri, access }]).allowances.length
    expect(deny('fs://jobs/secret/**', ['write'])).toBe(0)
    expect(deny('fs://**', ['read'])).toBe(0)
    expect(deny('fs://other/**', ['read'])).toBe(1)
    expect(
      storage([{ ...allow, access: ['read'] }], [{ uri: 'fs://jobs/a', access: ['write'] }]).allowances,
    ).toHaveLength(1)
  })
})

describe('network', () => {
  test.each([
    ['api.example.com', 'api.example.com:*', true],
    ['*.example.com', '*.example.com:*', true],
    ['*', '*:*', true],
    ['localhost:8080', 'localhost:8080', true],
    ['127.0.0.1', '127.0.0.1:*', false],
  ])('%s is that host for HTTP and sockets', (host, item, isName) => {
    expect(listOffers(network([{ host }]))).toEqual([
      ['http.outgoing', item],
      ['sockets.tcp', item],
      ['sockets.udp', item],
      ...(isName ? [['sockets.dns', host.replace(':8080', '')]] : []),
    ])
  })

  test('with a scheme is for HTTP alone, and a range of addresses for sockets', () => {
    expect(listOffers(network([{ host: 'https://api.example.com' }, { cidr: '10.0.0.0/8' }]))).toEqual([
      ['http.outgoing', 'https://api.example.com:*'],
      ['sockets.tcp', '10.0.0.0/8:*'],
      ['sockets.udp', '10.0.0.0/8:*'],
    ])
  })

  test('that is denied in part, or that wassette chooses, is named and not granted', () => {
    const { allowances, unexpressed } = network(
      [{ host: '*.example.com' }, { host: 'evil.com' }, { host: 'good.com' }, { defaults: true }],
      [{ host: 'a.example.com' }, { host: '*.com' }, { cidr: '10.0.0.0/8' }],
    )
    expect(listOffers({ allowances } as Declaration)).toEqual([])
    expect(unexpressed.map(({ path, reason }) => [path, reason.slice(0, 25)])).toEqual([
      ['permissions.network.deny[2]', 'a host that is granted by'],
      ['permissions.network.allow[0]', '"a.example.com" is denied'],
      ['permissions.network.allow[1]', '"*.com" is denied within '],
      ['permissions.network.allow[2]', '"*.com" is denied within '],
      ['permissions.network.allow[3]', 'wassette chooses these ho'],
    ])
  })

  test('that does not overlap with what is denied is granted', () => {
    expect(network([{ host: 'api.example.com' }], [{ host: '*.evil.com' }]).allowances).toHaveLength(1)
  })
})

test('a list has at most 500 entries, each of which is compared with all that is denied', () => {
  const list = (count: number): object[] =>
    Array.from({ length: count }, (_, at) => ({ host: `*.h${at}.example.com` }))
  expect(() => network(list(501))).toThrow('permissions.network.allow has 501 entries, expected at most 500')
  const { allowances } = network(
    list(500),
    list(500).map((_, at) => ({ host: `d${at}.test` })),
  )
  expect(allowances).toHaveLength(500)
})

test('variables are names, which a star would make a prefix of', () => {
  const declaration = read({ environment: { allow: [{ key: 'LOG_LEVEL' }, { key: 'APP_*' }] } })
  expect(listOffers(declaration)).toEqual([
    ['env', 'LOG_LEVEL'],
    ['config', 'LOG_LEVEL'],
  ])
  expect(declaration.unexpressed).toMatchObject([{ value: 'APP_*' }])
})

test.each([
  [{ limits: { memory: '64Mi' } }, 1024],
  [{ limits: { memory: '100Ki' } }, 1],
  [{ memory: 512 }, 8192],
  [{ memory: 512, limits: { memory: '1Gi' } }, 16_384],
])('memory of %j is a limit in whole pages, never more', (resources, maxPages) => {
  expect(read({ resources }).limits).toEqual({ memory: { maxPages } })
})

test('other limits, runtimes and IPC are named', () => {
  const { unexpressed } = read({
    resources: { cpu: 50, io: 100, limits: { cpu: '500m' } },
    runtime: { docker: null },
    ipc: { allow: [] },
  })
  expect(unexpressed.map(({ path }) => path).toSorted()).toEqual([
    'permissions.ipc',
    'permissions.resources.cpu',
    'permissions.resources.io',
    'permissions.resources.limits.cpu',
    'permissions.runtime',
  ])
})

test.each([null, {}, { storage: null }, { network: { allow: null } }])('%j allows nothing', (permissions) => {
  expect(read(permissions)).toMatchObject({ allowances: [], unexpressed: [] })
})

test.each([
  ['version: "2.0"\npermissions: {}', 'policy.yaml:1:10: version is not 1.0, the version that is read'],
  ['permissions: {}', 'policy.yaml:1:1: the document lacks "version"'],
  ['version: "1.0"', 'policy.yaml:1:1: the document lacks "permissions"'],
  ['', 'policy.yaml:1:1: found no policy'],
  ['version: "1.0"\npermissions: {}\n---\n{}', 'policy.yaml:4:1: found a second document, expected one'],
  ['version: "1.0"\npermissions: {netwrok: {}}', 'did you mean "network"?'],
  ['version: "1.0"\npermissions: {network: {allow: [{host: "exa*mple.com"}]}}', 'policy.yaml:2:33: '],
  ['version: "1.0"\npermissions: {storage: {allow: [{uri: "fs://../etc", access: [read]}]}}', 'without ".."'],
  ['version: "1.0"\npermissions: {storage: {allow: [{uri: "fs://a", access: []}]}}', 'is empty'],
  ['version: "1.0"\npermissions: {resources: {limits: {memory: 10M}}}', 'no amount of memory'],
])('%j is refused where it is wrong', (text, message) => {
  expect(() => parseWassettePolicy(text, 'policy.yaml')).toThrow(message)
})
