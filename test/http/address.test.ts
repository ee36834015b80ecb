import { describe, expect, it } from 'vitest'

import { classifyAddress, isLoopbackHost } from '../../src/http/address.ts'

describe('addressKind', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.0.3'],
    ['loopback', '::1'],
    ['loopback', '::ffff:127.0.0.1'],
    ['reserved', '169.254.169.254'],
    ['reserved', '::ffff:169.254.169.254'],
    ['reserved', '100.100.100.200'],
    ['reserved', 'fd00:ec2::254'],
    ['reserved', '0.0.0.0'],
    ['reserved', '::'],
    ['reserved', 'fe80::1'],
    ['reserved', '255.255.255.255'],
    ['private', '10.1.2.3'],
    ['private', '172.31.0.1'],
    ['private', '192.168.0.1'],
    ['private', '::ffff:10.0.0.1'],
    ['private', 'fd12::1'],
    ['public', '172.32.0.1'],
    ['public', '8.8.8.8'],
    ['public', '2606:4700::1111'],
  ])('finds %s for %s', (kind, address) => {
    expect(classifyAddress(address)).toBe(kind)
  })

  it('isLoopbackHost takes no name but localhost', () => {
    expect(['localhost', '127.0.0.1', '[::1]'].map(isLoopbackHost)).toEqual([true, true, true])
    expect(['localhost.evil.com', '127.0.0.1.nip.io', 'my-localhost'].map(isLoopbackHost)).toEqual([
      false,
      false,
      false,
    ])
  })
})
