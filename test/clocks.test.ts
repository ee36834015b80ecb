import { describe, expect, it } from 'vitest'

import { nodesIn, type Node, parseTestFile, testFiles } from './support/syntax.ts'

/** What reads a clock, waits for one, or gives up by one. `until`, `stopTime` and an own `Clock` stand in for it. */
const CLOCKS = new Set([
  'AbortSignal.timeout',
  'Date.now',
  'expect.poll',
  'performance.now',
  'process.cpuUsage',
  'process.hrtime',
  'process.uptime',
  'setInterval',
  'setTimeout',
  'vi.waitFor',
  'vi.waitUntil',
])

/** The files that need one all the same. In none of them does a result depend on it. */
const NEEDED: Readonly<Record<string, string>> = {
  'conformance/pace.test.ts': 'asks for more than the registry has to send, with time stopped',
  'interop/archive-killed.test.ts': 'kills at moments, and demands the same of what is left at each',
  'interop/expiring-token.test.ts':
    "waits until a token has ended by a registry's own clock, which no test can set",
  'interop/keyless.test.ts': "waits until a token has ended by Keycloak's own clock, which no test can set",
  'interop/killed.test.ts': 'kills at moments, and demands the same of what is left at each',
  'interop/tuf.test.ts': 'dates what a TUF repository publishes',
  'oci/layout/lock.test.ts': 'gives files an age',
  'oidc/flows/flows.test.ts': 'counts on from the time that its tokens are dated by',
  'signing/keyless/identity-signer.test.ts': 'counts on from the time that its certificates are dated by',
  'signing/services-under-attack.test.ts': 'gives up on a service that never answers',
  'sigstore-conformance/sign-bundle.ts': 'signs at services that compare the time',
  'stack/server-process.ts': 'pauses between attempts, which are counted',
  'stack/sigstore/ct-log.ts': 'dates what it signs',
  'stack/sigstore/sigstore.ts': 'dates the beginning of services',
  'stack/sigstore/token-gate.ts': 'refuses tokens that have ended',
  'stack/token-server.ts': 'dates tokens',
  'support/child.ts': 'ends a child that hangs, with an error',
  'support/process-watch.ts': 'pauses between looks at the processes',
  'support/registry/outage.ts': 'is away for a number of seconds',
  'support/registry/registry.test.ts': 'asks until the registry is back',
  'support/registry/wire.ts': 'sends a body byte by byte',
  'support/sigstore/authority.ts': 'dates certificates',
  'support/sigstore/oidc-provider.ts': 'dates tokens',
  'support/sigstore/rekor.ts': 'dates log entries',
  'support/sigstore/sigstore.ts': 'reads the time that tokens and certificates are dated by',
  'support/sigstore/tokens.ts': 'dates tokens',
  'support/time.ts': 'pauses between looks',
}

/** Figures that the code under test has measured. */
const MEASURED = new Set(['compile', 'instantiate', 'milliseconds'])
const COMPARISON = /^to(?:BeGreaterThan|BeLessThan|BeCloseTo)/

/** `name` or `object.name`. */
function nameOf(node: unknown): string | undefined {
  const { type, name, object, property } = node as Node
  if (type === 'Identifier') return name as string
  return type === 'MemberExpression' ? `${nameOf(object) ?? ''}.${nameOf(property) ?? ''}` : undefined
}

const isClock = (node: Node): boolean =>
  CLOCKS.has(nameOf(node) ?? '') ||
  // The timeouts of a transport.
  (node['type'] === 'Property' && nameOf(node['key']) === 'timeouts') ||
  (node['type'] === 'NewExpression' &&
    nameOf(node['callee']) === 'Date' &&
    (node['arguments'] as readonly unknown[]).length === 0)

/** `expect(found.compile).toBeGreaterThan(0)` */
function isComparison({ type, callee }: Node): boolean {
  if (type !== 'CallExpression' || (callee as Node)['type'] !== 'MemberExpression') return false
  const { object, property } = callee as Node
  return (
    COMPARISON.test(nameOf(property) ?? '') &&
    [...nodesIn(object)].some(
      ({ type, property }) => type === 'MemberExpression' && MEASURED.has(nameOf(property)!),
    )
  )
}

describe('tests', () => {
  const found = testFiles().map((file) => {
    const nodes = [...nodesIn(parseTestFile(file))]
    return { file, clock: nodes.some(isClock), comparison: nodes.some(isComparison) }
  })

  it('read no clock, wait for none and shorten no timeout, but those that say why', () => {
    expect(found.filter(({ clock }) => clock).map(({ file }) => file)).toEqual(Object.keys(NEEDED))
  })

  it('compare no time that was measured', () => {
    expect(found.filter(({ comparison }) => comparison).map(({ file }) => file)).toEqual([])
  })
})
