import { expect, test } from 'vitest'

import {
  canonicalCapabilityManifest,
  parseEmbeddedCapabilityManifest,
} from '../../../src/capabilities/manifest/embedded.ts'
import { granting } from '../samples.ts'

const invalid = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'CAPABILITY_MANIFEST_INVALID',
    message: expect.stringMatching(message),
  })

test('canonicalCapabilityManifest has sorted keys and one form', () => {
  expect(canonicalCapabilityManifest(granting({ random: true, args: true, filesystem: [] }))).toBe(
    '{"apiVersion":"wasmpack.dev/v1alpha1","kind":"CapabilityManifest","metadata":{"name":"sample"},' +
      '"spec":{"grants":{"args":true,"filesystem":[],"random":true}}}',
  )
})

test('parseEmbeddedCapabilityManifest reads what canonicalCapabilityManifest writes', () => {
  const manifest = granting(
    {
      stdio: ['stdout'],
      http: { outgoing: { hosts: ['a.example'] } },
      sockets: { udp: { connect: [], listen: ['*:53'] } },
    },
    [{ module: '', names: ['__proto__', ''] }],
  )
  expect(parseEmbeddedCapabilityManifest(canonicalCapabilityManifest(manifest))).toEqual(manifest)
})

test.each([
  ['no JSON', 'apiVersion: x', /is not JSON/],
  ['another kind', '{"kind":"CapabilityPolicy"}', /kind is "CapabilityPolicy", expected CapabilityManifest/],
  ['a key given twice', '{"kind":"CapabilityManifest","kind":"CapabilityManifest"}', /twice/],
  ['too many bytes', `"${'é'.repeat(40_000)}"`, /is 80002 bytes, expected at most 65536/],
  ['deep nesting', `${'['.repeat(40)}${']'.repeat(40)}`, /nested deeper/],
  ['null', 'null', /the document is empty, expected a mapping/],
])('parseEmbeddedCapabilityManifest refuses %s', (_, json, message) => {
  expect(() => parseEmbeddedCapabilityManifest(json)).toThrow(invalid(message) as Error)
})
