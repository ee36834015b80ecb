import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { needsPeers } from './peer.ts'

needsPeers('distribution')

interface Client {
  readonly name: string
}
interface Fault {
  readonly name: string
  readonly command: 'push' | 'pull'
  readonly slow?: boolean
}
interface Trial {
  try(client: Client, fault: Fault): Promise<string>
  stop(): Promise<void>
}

/** The scripts behind `npm run compare`, which are plain JavaScript. */
const script = (name: string): Promise<any> =>
  import(new URL(`../../bench/${name}.mjs`, import.meta.url).href)
const { FAULTS } = (await script('fault-proxy')) as { readonly FAULTS: readonly Fault[] }

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

const nameOf = ({ command, name }: Fault): string => `${command}: ${name}`

test('docs/reliability.md has a row for every fault that is compared, and no other', () => {
  const [, , ...rows] = [...table().keys()]
  expect(rows).toEqual(FAULTS.map(nameOf))
})

describe('wasmpack', () => {
  let trial: Trial
  let client: Client
  beforeAll(async () => {
    const [{ openTrial }, { clients }] = await Promise.all([script('faults'), script('fault-clients')])
    trial = (await openTrial()) as Trial
    client = (clients() as readonly Client[]).find(({ name }) => name === 'wasmpack')!
  })
  afterAll(() => trial.stop())

  // What takes as long as an idle time-out is left to npm run compare.
  test.each(FAULTS.filter(({ slow }) => !slow).map((fault) => [nameOf(fault), fault] as const))(
    'does what its column says: %s',
    async (name, fault) => {
      expect(await trial.try(client, fault)).toBe(table().get(name)?.[0])
    },
  )
})
