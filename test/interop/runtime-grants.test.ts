import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

import { WASMTIME } from '../../src/gitops/runtimes/wasmtime.ts'
import { needsPeers, peer } from './peer.ts'

needsPeers('wasmtime')

test('Wasmtime has every setting by which it is said to grant something', () => {
  const help = execFileSync(peer('wasmtime'), ['run', '-S', 'help'], { encoding: 'utf8' })
  const named = Object.values(WASMTIME.grants).flatMap((how) =>
    [...how.matchAll(/-S ([a-z-]+)/g)].map(([, name]) => name!),
  )
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !new RegExp(`-S +${name}[[=]`).test(help))).toEqual([])
})
