import { expect, test } from 'vitest'

import { countMore, listFirst } from '../src/listing.ts'

test('listFirst lists all that fits, and counts the rest', () => {
  expect(listFirst(['a', 'b'], 2)).toBe('a, b')
  expect(listFirst(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more')
  expect(listFirst([], 2)).toBe('')
})

test('countMore has nothing to say where nothing is left', () => {
  expect(countMore(0)).toEqual([])
  expect(countMore(-1)).toEqual([])
  expect(countMore(3, ' like it')).toEqual(['and 3 more like it'])
})
