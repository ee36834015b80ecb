import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { startWasmpack } from '../support/cli.ts'
import { endpointOf, type Stack, startStack } from '../stack/servers.ts'
import { pushModule, writeModule } from './artifacts.ts'
import { largeModule } from './modules.ts'
import { needsPeers } from './peer.ts'
import { openValve, type Valve } from './valve.ts'
import { useWorkbench } from './workbench.ts'

needsPeers('distribution')

const MODULE_SIZE = 12 << 20
const HALF = MODULE_SIZE / 2

const bench = useWorkbench()
let stack: Stack
let valves: Valve[]

beforeEach(async () => {
  stack = await startStack(['distribution'])
  valves = []
  await writeModule(bench, 'large.wasm', largeModule(MODULE_SIZE))
})
afterEach(async () => {
  await Promise.all(valves.map((valve) => valve.close()))
  await stack.stop()
})

const endpoint = () => endpointOf(stack, 'distribution')
const killRegistry = (): Promise<unknown> =>
  Promise.all(stack.registries.map((registry) => registry.process.kill()))

async function valve(direction: 'to registry' | 'from registry'): Promise<Valve> {
  const opened = await openValve(endpoint().host, direction, HALF)
  valves.push(opened)
  return opened
}

/** All files below the work directory and the temporary directory, by name. */
const filesLeft = (): readonly string[] => [
  ...bench.files(),
  ...readdirSync(join(bench.home.directory, 'tmp'), { recursive: true }).map(String),
]

/** The tags that the registry's storage knows; works after its death. */
function storedTags(repository: string): readonly string[] {
  const root = join(endpoint().storage ?? '', 'docker/registry/v2/repositories', repository)
  try {
    return readdirSync(join(root, '_manifests/tags'))
  } catch {
    return []
  }
}

/** Starts a push that hangs in the middle of the module's upload. */
async function pushHalf() {
  const half = await valve('to registry')
  const child = startWasmpack(bench.home, ['push', `${half.host}/test/half:1.0.0`, 'large.wasm'])
  await Promise.race([half.shut, child.ended])
  return child
}

/** Starts a pull that hangs in the middle of the module's download. */
async function pullHalf() {
  await pushModule(bench, `${endpoint().host}/test/half`, 'large.wasm')
  const half = await valve('from registry')
  const flags = ['-o', 'out.wasm', '--insecure-ignore-signature']
  const child = startWasmpack(bench.home, ['pull', `${half.host}/test/half:1.0.0`, ...flags])
  await Promise.race([half.shut, child.ended])
  return child
}

test('push ends with exit 9 and no tag when the registry dies half-way', async () => {
  const before = filesLeft()
  const child = await pushHalf()
  await killRegistry()
  const run = await child.ended
  expect(run).toMatchObject({ exit: 9, stdout: '' })
  expect(run.stderr).toMatch(/^error: .*\n(hint: .*\n)?$/m)
  expect(storedTags('test/half')).toEqual([])
  expect(filesLeft()).toEqual(before)
})

test('pull ends with exit 9 and no file when the registry dies half-way', async () => {
  const before = filesLeft()
  const child = await pullHalf()
  await killRegistry()
  expect(await child.ended).toMatchObject({ exit: 9, stdout: '' })
  expect(filesLeft()).toEqual(before)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('push ends on %s with exit %i and no tag', async (signal, exit) => {
  const before = filesLeft()
  const child = await pushHalf()
  child.process.kill(signal)
  expect(await child.ended).toMatchObject({ exit, stdout: '' })
  expect(storedTags('test/half')).toEqual([])
  expect(filesLeft()).toEqual(before)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('pull ends on %s with exit %i, no file and no temporary file', async (signal, exit) => {
  const before = filesLeft()
  const child = await pullHalf()
  child.process.kill(signal)
  expect(await child.ended).toMatchObject({ exit, stdout: '' })
  expect(filesLeft()).toEqual(before)
})

test('a push after one that was broken off publishes the module', async () => {
  const child = await pushHalf()
  child.process.kill('SIGKILL')
  await child.ended
  const pushed = await pushModule(bench, `${endpoint().host}/test/half`, 'large.wasm')
  await bench.wasmpack('pull', pushed.tagged, '-o', 'out.wasm', '--insecure-ignore-signature')
  expect(bench.read('out.wasm').equals(bench.read('large.wasm'))).toBe(true)
})
