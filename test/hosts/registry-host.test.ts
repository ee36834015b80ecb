import { expect, test } from 'vitest'

import { findEmbeddedIpv4, formatIpv4, parseIpAddress } from '../../src/hosts/ip-address.ts'
import { isDockerHub, listRuleNames, normalizeRegistryHost } from '../../src/hosts/registry-host.ts'

test.each([
  ['127.0.0.1:5000', '[::ffff:127.0.0.1]:5000'],
  ['127.0.0.1:5000', '[::FFFF:7f00:1]:5000'],
  ['127.0.0.1:5000', '[0:0:0:0:0:ffff:127.0.0.1]:5000'],
  ['127.0.0.1:5000', '127.1:5000'],
  ['127.0.0.1:5000', '2130706433:5000'],
  ['127.0.0.1:5000', '0x7f000001:5000'],
  ['127.0.0.1:5000', '0177.0.0.1:5000'],
  ['127.0.0.1:5000', '127.0.0.1.:5000'],
  ['127.0.0.1:5000', '127.0.0.1:05000'],
  ['[2001:db8::1]', '[2001:0DB8:0:0::0001]'],
  ['[2001:db8::1]', '[2001:db8::0.0.0.1]:443'],
  ['registry.example', 'Registry.EXAMPLE.:443'],
  ['docker.io', 'registry-1.docker.io'],
  ['docker.io', 'index.docker.io:443'],
  ['docker.io', 'Docker.IO.'],
])('%s is the same registry as %s', (one, other) => {
  expect(normalizeRegistryHost(other)).toBe(one)
  expect(normalizeRegistryHost(one)).toBe(one)
})

test.each([
  ['registry.example:80', 'registry.example'],
  ['docker.io:5000', 'docker.io'],
  ['hub.docker.io', 'docker.io'],
  ['xdocker.io', 'docker.io'],
  ['127.0.0.2', '127.0.0.1'],
  ['[64:ff9b::192.0.2.1]', '192.0.2.1'],
  ['localhost', '127.0.0.1'],
  ['[::1]', '127.0.0.1'],
])('%s is another registry than %s, and gets none of its credentials', (one, other) => {
  expect(normalizeRegistryHost(one)).not.toBe(normalizeRegistryHost(other))
})

test.each([
  ['64:ff9b::a9fe:a9fe', 'NAT64', '169.254.169.254'],
  ['64:ff9b:1::a9fe:a9fe', 'transition', '169.254.169.254'],
  ['2002:a9fe:a9fe::1', 'transition', '169.254.169.254'],
  ['2001:0:4136:e378:8000:63bf:5601:5601', 'transition', '169.254.169.254'],
  ['::169.254.169.254', 'transition', '169.254.169.254'],
  ['::ffff:0:169.254.169.254', 'transition', '169.254.169.254'],
  ['2001:db8::5efe:169.254.169.254', 'transition', '169.254.169.254'],
  ['2001:db8::200:5efe:a9fe:a9fe', 'transition', '169.254.169.254'],
])('%s embeds an IPv4 address by %s: %s', (text, by, v4) => {
  const found = findEmbeddedIpv4(parseIpAddress(text)!)
  expect([found?.by, formatIpv4(found!.value)]).toEqual([by, v4])
})

test.each(['::1', '::', '2001:db8::1', '2606:4700::1111', 'fe80::1', '169.254.169.254', '::ffff:10.0.0.1'])(
  '%s embeds none',
  (text) => expect(findEmbeddedIpv4(parseIpAddress(text)!)).toBeUndefined(),
)

test('rules mean this machine by all of its names, and Docker Hub by all of its hosts', () => {
  for (const name of ['localhost', '127.0.0.1', '127.3.2.1', '[::1]', '0.0.0.0', '0', '[::]', 'a.localhost'])
    expect(listRuleNames(name)).toEqual(expect.arrayContaining(['localhost', '127.0.0.1', '[::1]']))
  expect(listRuleNames('registry.hub.docker.com')).toEqual(listRuleNames('docker.io'))
  expect(listRuleNames('[64:ff9b::c000:201]')).toEqual(['[64:ff9b::c000:201]', '192.0.2.1'])
  expect(listRuleNames('localhost.example')).toEqual(['localhost.example'])
  expect(['docker.io', 'docker.io:80', 'registry.hub.docker.com'].map(isDockerHub)).toEqual([
    true,
    false,
    false,
  ])
})
