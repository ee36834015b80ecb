import { BlockList, isIPv6 } from 'node:net'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type Exceedance, createCeilingCheck } from '../../../src/capabilities/policy/ceiling-grants.ts'
import type { Directory } from '../../../src/capabilities/values/path.ts'
import type { Grants } from '../../../src/capabilities/manifest/grant-table.ts'
import { countSteps } from '../../support/steps.ts'

const RUNS = { numRuns: 3_000, seed: 1 }

const excess = (ceiling: Grants, grants: Grants): readonly Exceedance[] => createCeilingCheck(ceiling)(grants)
const contains = (ceiling: Grants, grants: Grants): boolean => excess(ceiling, grants).length === 0

const http = (...hosts: string[]): Grants => ({ http: { outgoing: { hosts } } })
const tcp = (...connect: string[]): Grants => ({ sockets: { tcp: { connect, listen: [] } } })
const dns = (...names: string[]): Grants => ({ sockets: { dns: names } })
const env = (...names: string[]): Grants => ({ env: { names } })
const files = (...filesystem: Directory[]): Grants => ({ filesystem })
const ro = (guest: string): Directory => ({ guest, mode: 'ro' })
const rw = (guest: string): Directory => ({ guest, mode: 'rw' })

describe('a ceiling holds', () => {
  test.each<[Grants, Grants]>([
    [http('*.example.com'), http('a.example.com', 'a.b.example.com', '*.b.example.com')],
    [http('api.example.com'), http('https://API.Example.COM.', 'http://api.example.com:80')],
    [http('https://a.example:443', 'http://a.example'), http('a.example')],
    [http('https://a.example:*'), http('https://a.example', 'https://a.example:8443', 'https://a.example:*')],
    [http('*:*'), http('a.example', '*', '*:*', '10.0.0.1:8080', '[::1]:*')],
    [http('[2001:db8::/32]'), http('[2001:DB8:0:0::1]', '[2001:db8:8000::/33]')],
    [tcp('10.0.0.0/8:5432'), tcp('10.1.2.3:5432', '[::ffff:10.1.0.0/112]:5432', '10.255.0.0/16:5432')],
    [tcp('10.0.0.0/9:*', '10.128.0.0/9:80'), tcp('10.0.0.0/8:80')],
    [tcp('10.0.0.0/25:80', '10.0.0.128/26:*', '10.0.0.192/26:80'), tcp('10.0.0.0/24:80')],
    [tcp('0.0.0.0/0:80'), tcp('[::ffff:0:0/96]:80')],
    [dns('*'), dns('db.internal', '*.internal')],
    [env('APP_*', 'HOME'), env('APP_', 'APP_X', 'APP_X_*', 'HOME')],
    [env('*'), env('A', 'b*', '*')],
    [files(rw('/data')), files(ro('/data'), rw('/data/a/b'))],
    [files(ro('/data'), rw('/data/tmp')), files(rw('/data/tmp/x'), ro('/data/other'))],
    [files(rw('/'), ro('.')), files(rw('/'), rw('/a'), ro('.'))],
    [{ stdio: ['stdout', 'stderr'], random: true }, { stdio: ['stderr'] }],
    [{ sockets: {} }, { sockets: {} }],
    [{ sockets: { tls: ['*.internal'] } }, { sockets: { tls: ['db.internal'] } }],
    [{ database: { postgres: ['db.internal:5432'] } }, { database: { postgres: ['db.internal'] } }],
    [
      { keyvalue: { stores: ['app-*'], access: ['get', 'set'] } },
      { keyvalue: { stores: ['app-1'], access: ['get'] } },
    ],
    [
      { proxy: ['log', 'metrics'], nn: { graphs: ['*'] } },
      { proxy: ['log'], nn: { graphs: ['a'] } },
    ],
    [{ hostCalls: { operations: ['oci/*'] } }, { hostCalls: { operations: ['oci/v1/verify'] } }],
    [{}, { stdio: [] }],
    [http('*'), http()],
    [http(), http()],
  ])('%j and so %j', (ceiling, grants) => {
    expect(excess(ceiling, grants)).toEqual([])
  })
})

describe('a ceiling does not hold', () => {
  test.each<[Grants, Grants]>([
    [http('*.example.com'), http('example.com')],
    [http('*.example.com'), http('badexample.com')],
    [http('*.example.com'), http('*')],
    [http('a.example'), http('*.a.example')],
    [http('https://a.example'), http('a.example')],
    [http('a.example'), http('a.example:8080')],
    [http('a.example'), http('a.example:*')],
    [http('*.com', '*.org'), http('*')],
    [http('10.0.0.1'), http('[::1]')],
    [http('[::/0]'), http('10.0.0.1')],
    [http('[::/0]'), http('[::ffff:10.0.0.1]')],
    [tcp('0.0.0.0/0:*', '[::/0]:*'), tcp('localhost:80')],
    [tcp('0.0.0.0/0:*', '[::/0]:*'), tcp('*:80')],
    [tcp('10.0.0.0/9:*', '10.128.0.0/10:80'), tcp('10.0.0.0/8:80')],
    [tcp('10.0.0.0/9:*', '10.128.0.0/9:80'), tcp('10.0.0.0/8:81')],
    [tcp('a.example:80'), tcp('a.example:*')],
    [dns('*.internal'), dns('internal')],
    [env('APP_*'), env('app_x')],
    [env('APP_*'), env('AP*')],
    [env('APP'), env('APP*')],
    [files(ro('/data')), files(rw('/data'))],
    [files(rw('/data')), files(ro('/database'))],
    [files(rw('/data')), files(ro('/'))],
    [files(rw('/')), files(ro('.'))],
    [files(rw('.')), files(ro('/'))],
    [files(), files(ro('/a'))],
    [http(), http('a.example')],
    [{}, http()],
    [{}, { random: true }],
    [{ sockets: {} }, tcp()],
    [{ database: { mysql: ['db.internal:5432'] } }, { database: { mysql: ['db.internal'] } }],
    [{ database: { mysql: ['db.internal'] } }, { database: { postgres: [] } }],
    [{ keyvalue: { stores: ['*'], access: ['get'] } }, { keyvalue: { stores: [], access: ['get', 'set'] } }],
    [{ nn: { graphs: ['*'] } }, { nn: { load: true } }],
    [{ hostCalls: { operations: ['oci/*'] } }, { hostCalls: { operations: ['oci*'] } }],
  ])('%j and so not %j', (ceiling, grants) => {
    expect(excess(ceiling, grants)).not.toEqual([])
  })
})

test('createCeilingCheck names both places, what was found and what the ceiling has there', () => {
  const ceiling: Grants = { http: { outgoing: { hosts: ['*.corp'] } }, stdio: ['stdout'] }
  const grants: Grants = {
    ...http('a.corp', 'https://evil.example'),
    stdio: ['stdout', 'stderr'],
    env: { names: [] },
  }
  expect(excess(ceiling, grants)).toEqual([
    {
      path: 'http.outgoing.hosts[1]',
      ceilingPath: 'http.outgoing.hosts',
      found: '"https://evil.example"',
      allowed: ['"*.corp"'],
    },
    { path: 'stdio[1]', ceilingPath: 'stdio', found: 'stderr', allowed: ['stdout'] },
    { path: 'env', ceilingPath: 'env' },
  ])
})

/** Few words, so that what is drawn meets. */
const word = fc.constantFrom('a', 'b', 'B')
const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join('.')}.x`)
const octet = fc.constantFrom(0, 64, 128, 192)
const v4 = fc.tuple(octet, octet).map(([one, two]) => `10.0.${one}.${two}`)
const v6 = fc
  .tuple(octet, octet)
  .map(([one, two]) => `2001:db8::${one.toString(16)}${two.toString(16).padStart(2, '0')}`)
const mapped = v4.map((address) => `::ffff:${address}`)

/** With the bits behind the prefix taken away. */
function network(address: string, prefix: number, bits: 32 | 128): string {
  const behind = bits - prefix
  const last = bits === 32 ? address.split('.').map(Number) : undefined
  if (last === undefined) return `${address}/${prefix}`
  const number = ((last[2]! << 8) | last[3]!) & ~((1 << Math.min(behind, 16)) - 1)
  return `10.0.${number >> 8}.${number & 255}/${prefix}`
}
const v4Range = fc
  .tuple(v4, fc.integer({ min: 16, max: 32 }))
  .map(([address, length]) => network(address, length, 32))
const v6Range = fc.constantFrom(
  '2001:db8::/112',
  '2001:db8::/120',
  '2001:db8::8000/113',
  '2001:db8::c0c0/128',
  '::/0',
)

const host = fc.oneof(
  name,
  name.map((text) => `*.${text}`),
  name.map((text) => `${text}.`),
  fc.constant('*'),
  v4,
  v6.map((address) => `[${address}]`),
  mapped.map((address) => `[${address}]`),
)
const port = fc.constantFrom(80, 443, 8080)
const shownPort = fc.oneof(
  fc.constant(''),
  fc.constant(':*'),
  port.map((number) => `:${number}`),
)
const httpHost = fc
  .tuple(
    fc.constantFrom('', 'http://', 'https://'),
    fc.oneof(
      host,
      v6Range.map((range) => `[${range}]`),
    ),
    shownPort,
  )
  .map((parts) => parts.join(''))
const socketAddress = fc
  .tuple(
    fc.oneof(
      host,
      v4Range,
      v4Range,
      v6Range.map((range) => `[${range}]`),
    ),
    fc.oneof(port.map(String), fc.constant('*')),
  )
  .map((parts) => parts.join(':'))
const envName = fc
  .tuple(
    fc.string({ unit: fc.constantFrom('A', 'B', 'a', '_'), minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '*'),
  )
  .map((parts) => parts.join(''))
const guest = fc.oneof(
  fc.constant('.'),
  fc.array(fc.constantFrom('a', 'ab', 'b'), { maxLength: 3 }).map((parts) => `/${parts.join('/')}`),
)
const directory = fc.record({ guest, mode: fc.constantFrom('ro' as const, 'rw' as const) })

const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 4 })
const maybe = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(item, { nil: undefined })
const flag = maybe(fc.constant(true as const))
const socketGrant = fc.record({ connect: few(socketAddress), listen: few(socketAddress) })
const grants = fc.record({
  stdio: maybe(fc.subarray(['stdin', 'stdout', 'stderr'] as const)),
  clocks: maybe(fc.subarray(['wall', 'monotonic'] as const)),
  random: flag,
  exit: flag,
  env: maybe(fc.record({ names: few(envName) })),
  filesystem: maybe(few(directory)),
  http: maybe(fc.record({ outgoing: maybe(fc.record({ hosts: few(httpHost) })), incoming: flag })),
  sockets: maybe(fc.record({ tcp: maybe(socketGrant), udp: maybe(socketGrant), dns: maybe(few(host)) })),
}) as fc.Arbitrary<Grants>

/** Of lists, in which what is narrower is most likely. */
const lists = (one: fc.Arbitrary<string>): fc.Arbitrary<readonly [string[], string[], string[]]> =>
  fc.tuple(few(one), few(one), few(one))

test('containment is reflexive', () => {
  fc.assert(
    fc.property(grants, (some) => void expect(excess(some, some)).toEqual([])),
    RUNS,
  )
})

describe('containment is transitive', () => {
  const transitive = <T>(item: fc.Arbitrary<readonly [T, T, T]>, grant: (value: T) => Grants): number => {
    let met = 0
    fc.assert(
      fc.property(item, ([one, two, three]) => {
        const [a, b, c] = [grant(one), grant(two), grant(three)]
        if (!contains(b, a) || !contains(c, b)) return
        met++
        expect(excess(c, a)).toEqual([])
      }),
      { ...RUNS, numRuns: 8_000 },
    )
    return met
  }
  // The counts show that the property was met by more than empty lists.
  test('of hosts', () => expect(transitive(lists(httpHost), (hosts) => http(...hosts))).toBeGreaterThan(100))
  test('of addresses', () =>
    expect(transitive(lists(socketAddress), (all) => tcp(...all))).toBeGreaterThan(100))
  test('of environment variables', () =>
    expect(transitive(lists(envName), (names) => env(...names))).toBeGreaterThan(100))
  test('of directories', () =>
    expect(
      transitive(fc.tuple(few(directory), few(directory), few(directory)), (all) => files(...all)),
    ).toBeGreaterThan(100))
})

/** One thing that may be reached, and whether a pattern reaches it, told in another way than the code tells it. */
interface Concrete {
  readonly scheme: string
  readonly host: string
  readonly port: number
}

const concreteHost = fc.oneof(name, v4, v6, mapped)
const concrete = fc.record({ scheme: fc.constantFrom('http', 'https'), host: concreteHost, port })

function reachesHost(pattern: string, wanted: string): boolean {
  if (pattern === '*') return true
  const text = pattern.replace(/^\[|\]$/g, '')
  const carried = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(wanted)?.[1]
  const address = carried ?? (isIPv6(wanted) ? wanted : undefined)
  if (/^[0-9a-f:.]+(?:\/\d+)?$/i.test(text) && /[:\d]/.test(text[0]!)) {
    if (address === undefined) return false
    const [network, length] = text.replace(/^::ffff:(?=\d+\.)/i, '').split('/')
    const family = isIPv6(network!) ? 'ipv6' : 'ipv4'
    if (family !== (isIPv6(address) ? 'ipv6' : 'ipv4')) return false
    const list = new BlockList()
    list.addSubnet(network!, Number(length ?? (family === 'ipv6' ? 128 : 32)), family)
    return list.check(address, family)
  }
  if (address !== undefined) return false
  const plain = (one: string): string => one.toLowerCase().replace(/\.$/, '')
  return text.startsWith('*.') ? plain(wanted).endsWith(plain(text.slice(1))) : plain(wanted) === plain(text)
}

function reachesHttp(pattern: string, { scheme, host, port }: Concrete): boolean {
  const [, own, rest] = /^(?:(https?):\/\/)?(.*)$/.exec(pattern)!
  if (own !== undefined && own !== scheme) return false
  const [, name, shown] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(rest!)!
  const ports = shown === '*' ? port : shown === undefined ? (scheme === 'http' ? 80 : 443) : Number(shown)
  return ports === port && reachesHost(name!, host)
}

function reachesSocket(pattern: string, { host, port }: Concrete): boolean {
  const [, name, shown] = /^(.*):([^:]*)$/.exec(pattern)!
  return (shown === '*' || Number(shown) === port) && reachesHost(name!, host)
}

const reachesName = (pattern: string, wanted: string): boolean =>
  new RegExp(`^${pattern.replace('*', '.*')}$`).test(wanted)

const reachesPath = (directory: Directory, { guest, mode }: Directory): boolean =>
  (directory.mode === 'rw' || mode === 'ro') &&
  (directory.guest === '.' || guest === '.'
    ? directory.guest === guest
    : `${guest}/`.startsWith(directory.guest === '/' ? '/' : `${directory.guest}/`))

describe('what is contained reaches nothing that its ceiling does not reach', () => {
  const agrees = <P, C>(
    pattern: fc.Arbitrary<P>,
    thing: fc.Arbitrary<C>,
    grant: (...patterns: P[]) => Grants,
    reaches: (pattern: P, thing: C) => boolean,
  ): { inside: number; found: number } => {
    const seen = { inside: 0, found: 0 }
    fc.assert(
      fc.property(few(pattern), few(pattern), fc.array(thing, { maxLength: 20 }), (ceiling, own, things) => {
        const inside = contains(grant(...ceiling), grant(...own))
        for (const one of things) {
          if (!own.some((pattern) => reaches(pattern, one))) continue
          const held = ceiling.some((pattern) => reaches(pattern, one))
          if (!held) expect(inside).toBe(false)
          else if (inside) seen.inside++
          seen.found++
        }
      }),
      { ...RUNS, numRuns: 4_000 },
    )
    return seen
  }
  test('hosts', () => expect(agrees(httpHost, concrete, http, reachesHttp).inside).toBeGreaterThan(20))
  test('addresses', () =>
    expect(agrees(socketAddress, concrete, tcp, reachesSocket).inside).toBeGreaterThan(20))
  test('names to look up', () => expect(agrees(host, name, dns, reachesHost).inside).toBeGreaterThan(20))
  test('environment variables', () => {
    const wanted = fc.string({ unit: fc.constantFrom('A', 'B', 'a', '_'), minLength: 1, maxLength: 5 })
    expect(agrees(envName, wanted, env, reachesName).inside).toBeGreaterThan(20)
  })
  test('paths', () => expect(agrees(directory, directory, files, reachesPath).inside).toBeGreaterThan(20))
})

describe('a single thing is contained exactly if it is reached', () => {
  test('hosts and ports', () => {
    const shown = ({ scheme, host, port }: Concrete): string =>
      `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
    fc.assert(
      fc.property(few(httpHost), concrete, (ceiling, one) => {
        expect(contains(http(...ceiling), http(shown(one)))).toBe(
          ceiling.some((pattern) => reachesHttp(pattern, one)),
        )
      }),
      RUNS,
    )
  })
  test('addresses, and ranges of them one by one', () => {
    const last = fc.integer({ min: 0, max: 255 }).map((octet) => `10.0.64.${octet}`)
    fc.assert(
      fc.property(few(socketAddress), fc.oneof(concreteHost, last), port, (ceiling, host, number) => {
        const one = { scheme: '', host, port: number }
        const text = `${host.includes(':') ? `[${host}]` : host}:${number}`
        expect(contains(tcp(...ceiling), tcp(text))).toBe(
          ceiling.some((pattern) => reachesSocket(pattern, one)),
        )
      }),
      RUNS,
    )
    const ranges = fc
      .integer({ min: 24, max: 32 })
      .chain((length) =>
        fc.nat(255).map((octet) => `10.0.64.${octet & (256 - 2 ** (32 - length))}/${length}`),
      )
    const all = Array.from({ length: 256 }, (_, octet) => `10.0.64.${octet}`)
    fc.assert(
      fc.property(fc.array(ranges, { maxLength: 8 }), ranges, (ceiling, range) => {
        const whole = all
          .filter((host) => reachesHost(range, host))
          .every((host) => ceiling.some((one) => reachesHost(one, host)))
        const ports = ceiling.map((one, at) => `${one}:${at % 2 ? '*' : '80'}`)
        expect(contains(tcp(...ports), tcp(`${range}:80`))).toBe(whole)
      }),
      { ...RUNS, numRuns: 200 },
    )
  })
  test('environment variables and paths', () => {
    fc.assert(
      fc.property(
        few(envName),
        envName.filter((name) => !name.endsWith('*')),
        (ceiling, one) => {
          expect(contains(env(...ceiling), env(one))).toBe(
            ceiling.some((pattern) => reachesName(pattern, one)),
          )
        },
      ),
      RUNS,
    )
    fc.assert(
      fc.property(few(directory), directory, (ceiling, one) => {
        expect(contains(files(...ceiling), files(one))).toBe(
          ceiling.some((pattern) => reachesPath(pattern, one)),
        )
      }),
      RUNS,
    )
  })
})

test('a ceiling and grants as long as they can be take steps in proportion to their parts, not to their pairs', async () => {
  const many = (make: (index: number) => string): string[] =>
    Array.from({ length: 8_000 }, (_, at) => make(at))
  const long = Array.from({ length: 120 }, () => 'a').join('.')
  // With the parts that there are to look at: pairwise it would be 64 million.
  const all: readonly (readonly [parts: number, ceiling: Grants, grants: Grants])[] = [
    [8_000 * 122, http(...many((at) => `*.h${at}.x`)), http(...many((at) => `${long}.g${at}.x`))],
    [
      16_000,
      tcp(...many((at) => `10.${at >> 8}.${at & 255}.0/25:80`)),
      tcp(...many((at) => `10.0.0.0/8:${at + 1}`)),
    ],
    [16_000, env(...many((at) => `A${at}*`)), env(...many((at) => `B${at}`))],
    [30_000, files(ro('/a')), files(ro(`/b${'/a'.repeat(30_000)}`))],
  ]
  for (const [parts, ceiling, grants] of all) {
    const steps = await countSteps(
      () => import('../../../src/capabilities/policy/ceiling-grants.ts'),
      ({ createCeilingCheck }) => createCeilingCheck(ceiling)(grants),
    )
    // V8 counts up to 25 for a part, by how much it has optimized; of pairs there are thousands for a part.
    expect(steps).toBeLessThan(200 * parts)
  }
})
