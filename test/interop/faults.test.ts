import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { WASMPACK } from '../../bench/fault-clients.mjs'
import { FAULTS } from '../../bench/fault-list.mjs'
import { openTrial } from '../../bench/faults.mjs'
import { needsPeers } from './peer.ts'

needsPeers('distribution')

/** The table of the page: what becomes of each fault, by client. */
function table(): ReadonlyMap<string, readonly string[]> {
  const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8')
  const [, rows = ''] = /<!-- faults -->\n([\s\S]*)<!-- end of faults -->/.exec(page) ?? []
  return new Map(
    rows
      .trim()
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map((cells) => [cells[1]!, cells.slice(2, -1)]),
  )
}

const nameOf = ({ command, name }: (typeof FAULTS)[number]): string => `${command}: ${name}`

test('docs/reliability.md has a row for every fault that is compared, and no other', () => {
  const [, , ...rows] = [...table().keys()]
  expect(rows).toEqual(FAULTS.map(nameOf))
})

describe('wasmpack', () => {
  let trial: Awaited<ReturnType<typeof openTrial>>
  beforeAll(async () => {
    trial = await openTrial()
  })
  afterAll(() => trial.stop())

  // What takes as long as an idle time-out is left to npm run compare.
  test.each(FAULTS.filter(({ slow }) => !slow).map((fault) => [nameOf(fault), fault] as const))(
    'does what its column says: %s',
    async (name, fault) => {
      expect(await trial.try(WASMPACK, fault)).toBe(table().get(name)?.[0])
    },
  )
})
