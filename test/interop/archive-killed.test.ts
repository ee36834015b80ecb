import { randomBytes } from 'node:crypto'
import { copyFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { startWasmpack } from '../support/cli.ts'
import { started } from '../support/registry/asking.ts'
import { until } from '../support/time.ts'
import { generateKeyPair, pushModule, writeModule } from './artifacts.ts'
import { plainModule } from './modules.ts'
import { useWorkbench } from './workbench.ts'

const bench = useWorkbench()
const SIZE = 16 * 1024 * 1024
/** In milliseconds after the copy has begun to write. */
const MOMENTS = [0, 0, 5, 10, 20, 30, 40, 60, 80, 120, 160, 240]

const partials = (): readonly string[] => bench.files().filter((name) => name.endsWith('.partial'))

/** Bytes of the layer that have come when a copy is killed. */
const SHARES = [1, SIZE / 2, SIZE - 1]

/** Kills a copy so long after it begins to write; false if it was faster. */
async function killed(args: readonly string[], moment: number): Promise<boolean> {
  const before = partials().length
  const child = startWasmpack(bench.home, args)
  const watch = setInterval(() => {
    if (partials().length === before) return
    clearInterval(watch)
    setTimeout(() => child.process.kill('SIGKILL'), moment)
  }, 1)
  const { exit } = await child.ended
  clearInterval(watch)
  return exit === 137
}

test('a copy into an archive that is killed leaves the old file or the new one, and is made whole by the next', async () => {
  await generateKeyPair(bench, 'signer')
  for (const [name, content] of [
    ['small', Buffer.from('small')],
    ['large', randomBytes(SIZE)],
  ] as const) {
    await writeModule(bench, `${name}.wasm`, plainModule(content))
    await pushModule(bench, `oci-layout:${name}`, `${name}.wasm`, '--key', 'signer.key')
  }
  await bench.wasmpack('copy', 'oci-layout:small:1.0.0', 'oci-archive:old.tar:old')
  copyFileSync(bench.path('old.tar'), bench.path('new.tar'))
  await bench.wasmpack('copy', 'oci-layout:large:1.0.0', 'oci-archive:new.tar:new')
  const [before, after] = [bench.read('old.tar'), bench.read('new.tar')]
  const copy = ['copy', 'oci-layout:large:1.0.0', 'oci-archive:archive.tar:new']
  let kills = 0
  for (const moment of MOMENTS) {
    copyFileSync(bench.path('old.tar'), bench.path('archive.tar'))
    if (await killed(copy, moment)) kills++
    const left = bench.read('archive.tar')
    expect(left.equals(before) || left.equals(after)).toBe(true)
    await bench.wasmpack(...copy)
    expect(bench.read('archive.tar').equals(after)).toBe(true)
  }
  console.log(`${kills} of ${MOMENTS.length} copies were killed`)

  const registry = await started()
  const source = `${registry.host}/team/app:1.0.0`
  await bench.wasmpack('copy', 'oci-layout:large:1.0.0', source)
  for (const share of SHARES) {
    copyFileSync(bench.path('old.tar'), bench.path('archive.tar'))
    registry.fault({ method: 'GET', path: /\/blobs\//, fault: { kind: 'stall', after: share } })
    const written = partials().length
    const child = startWasmpack(bench.home, ['copy', source, 'oci-archive:archive.tar:new'])
    await until(() => partials().length > written && registry.stalled > 0)
    child.process.kill('SIGKILL')
    expect((await child.ended).exit).toBe(137)
    registry.clearFaults()
    expect(bench.read('archive.tar').equals(before)).toBe(true)
    await bench.wasmpack(...copy)
    expect(bench.read('archive.tar').equals(after)).toBe(true)
  }
})
