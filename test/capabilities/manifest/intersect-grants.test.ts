import { expect, test } from 'vitest'

import type { Grants } from '../../../src/capabilities/manifest/grant-table.ts'
import { intersectGrants } from '../../../src/capabilities/manifest/intersect-grants.ts'

const intersect = (one: Grants, other: Grants): Grants => {
  const both = intersectGrants([one, other])
  expect(intersectGrants([other, one])).toEqual(both)
  return both
}

test('a grant that one of them lacks is granted by neither', () => {
  expect(intersect({ random: true, args: true }, { args: true })).toEqual({ args: true })
  expect(intersect({ http: { incoming: true } }, { http: { outgoing: { hosts: [] } } })).toEqual({ http: {} })
  expect(intersectGrants([])).toEqual({})
})

test('of a list remains what the other list contains, patterns included', () => {
  expect(
    intersectGrants([
      { http: { outgoing: { hosts: ['https://*.example.com', 'https://a.test'] } } },
      { http: { outgoing: { hosts: ['https://api.example.com', 'https://b.test'] } } },
    ]),
  ).toEqual({ http: { outgoing: { hosts: ['https://api.example.com'] } } })
  expect(intersect({ env: { names: ['APP_*'] } }, { env: { names: ['APP_X', 'HOME'] } })).toEqual({
    env: { names: ['APP_X'] },
  })
  expect(intersect({ stdio: ['stdin', 'stdout'] }, { stdio: ['stdout'] })).toEqual({ stdio: ['stdout'] })
})

test('two lists without anything in common allow nothing, and not everything', () => {
  expect(intersect({ env: { names: ['A'] } }, { env: { names: ['B'] } })).toEqual({ env: { names: [] } })
  expect(
    intersect(
      { sockets: { tcp: { connect: ['10.0.0.0/8:80'], listen: [] } } },
      { sockets: { tcp: { connect: ['11.0.0.0/8:80'], listen: [] } } },
    ),
  ).toEqual({ sockets: { tcp: { connect: [], listen: [] } } })
})

test('a directory that one of them only reads is only read', () => {
  expect(
    intersect(
      { filesystem: [{ guest: '/data', mode: 'rw' }] },
      {
        filesystem: [
          { guest: '/data', mode: 'ro' },
          { guest: '/tmp', mode: 'rw' },
        ],
      },
    ),
  ).toEqual({ filesystem: [{ guest: '/data', mode: 'ro' }] })
  expect(
    intersect(
      { filesystem: [{ guest: '/data', mode: 'rw' }] },
      { filesystem: [{ guest: '/data/in', mode: 'rw' }] },
    ),
  ).toEqual({ filesystem: [{ guest: '/data/in', mode: 'rw' }] })
})
