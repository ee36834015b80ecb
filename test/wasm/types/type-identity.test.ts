import { expect, test } from 'vitest'

import { createResource } from '../../../src/wasm/types/resource.ts'
import { type ValueDefinition, type ValueType } from '../../../src/wasm/types/shape.ts'
import { Instantiation } from '../../../src/wasm/types/substitution.ts'
import { TypeIdentities } from '../../../src/wasm/types/type-identity.ts'

const binder = {}
const own = (): ValueType => ({
  definition: {
    ...shape,
    kind: 'own',
    labels: [],
    types: [{ definition: createResource(binder, ['r'], true) }],
  },
})
const shape = { depth: 1, hasResources: true } as const
const record = (labels: readonly string[], type: ValueType): ValueDefinition => ({
  ...shape,
  kind: 'record',
  labels,
  types: labels.map(() => type),
})

test('tells records by their labels, their order and where one ends', () => {
  const identities = new TypeIdentities(() => {})
  const of = (...labels: string[]): number => identities.of({ definition: record(labels, 'u8') }, undefined)
  expect(of('a', 'b')).toBe(of('a', 'b'))
  expect(new Set([of('a', 'b'), of('b', 'a'), of('a,b'), of('ab'), of('a')]).size).toBe(5)
})

test('copies labels for none of the instances that a type is seen through', () => {
  const labels = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100_000, 'l'))
  const definition = record(labels, own())
  const identities = new TypeIdentities(() => {})
  const before = process.memoryUsage().heapUsed
  const seen = Array.from({ length: 100 }, () =>
    identities.of(
      { definition, through: new Instantiation(binder, () => createResource(binder, ['s'], true)) },
      undefined,
    ),
  )
  expect(new Set(seen).size).toBe(100)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
})
