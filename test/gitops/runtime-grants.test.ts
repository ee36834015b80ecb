import { expect, test } from 'vitest'

import { type CapabilityClass, CLASSES } from '../../src/capabilities/catalog/classes.ts'
import { explainImport } from '../../src/capabilities/explain/explain-import.ts'
import { describeRuntimes, findDescribedGrant, listRuntimeGrants } from '../../src/gitops/runtime-grants.ts'
import { DESCRIBED_GRANTS } from '../../src/gitops/runtimes/runtime.ts'

test('every grant that runtimes are described for has a class, and every described grant a runtime', () => {
  const granted = new Set(
    (Object.keys(CLASSES) as CapabilityClass[]).flatMap((name) => {
      const found = explainImport(name, describeRuntimes)
      return found.kind === 'class' ? found.runtimes.map(({ how }) => how) : []
    }),
  )
  const idle = DESCRIBED_GRANTS.flatMap(listRuntimeGrants).filter(({ how }) => !granted.has(how))
  expect(idle).toEqual([])
  expect(DESCRIBED_GRANTS.filter((grant) => listRuntimeGrants(grant).length === 0)).toEqual([])
})

test('a grant is described by itself, else by the one that it is a part of', () => {
  expect(findDescribedGrant('http.outgoing')).toBe('http.outgoing')
  expect(findDescribedGrant('sockets.tcp')).toBe('sockets')
  expect(findDescribedGrant('logging')).toBeUndefined()
})

test('several grants of one description are described once', () => {
  expect(describeRuntimes(['sockets.tcp', 'sockets.udp'])).toEqual(listRuntimeGrants('sockets'))
})
