import { describe, expect, it } from 'vitest'

import { runBounded } from '../../src/processes/bounded-process.ts'

const BOUNDS = { timeout: 20_000, output: 1024, env: {} }
const node = (code: string, bounds: Partial<typeof BOUNDS> & { signal?: AbortSignal } = {}, input = '') =>
  runBounded(process.execPath, ['-e', code], input, { ...BOUNDS, ...bounds })

describe('runBounded()', () => {
  it('gives the output and the status', async () => {
    const code =
      'process.stdin.on("data", (text) => process.stdout.write(text + "!")).on("end", () => process.exit(3))'
    expect(await node(code, {}, 'hello')).toMatchObject({ output: 'hello!', status: 3 })
  })

  it('S24: kills what takes too long', async () => {
    const outcome = await node('for (;;);', { timeout: 200 })
    expect(outcome).toEqual({ problem: 'timed out', missing: false })
  })

  it('S24: kills what writes too much', async () => {
    const outcome = await node('setInterval(() => process.stdout.write("x".repeat(512)), 1)')
    expect(outcome).toEqual({ problem: 'printed too much output', missing: false })
  })

  it('S24: kills what takes too much memory, before it has all of it', async () => {
    const taking = `const kept = []
      const take = () => { kept.push(Buffer.alloc(8 * 2 ** 20, 1)); if (kept.length < 200) setTimeout(take, 5) }
      take()`
    const outcome = await runBounded(process.execPath, ['-e', taking], '', {
      ...BOUNDS,
      memory: 256 * 2 ** 20,
    })
    expect(outcome).toEqual({ problem: 'took more than 256 MiB of memory', missing: false })
    const modest = await runBounded(process.execPath, ['-e', ''], '', { ...BOUNDS, memory: 256 * 2 ** 20 })
    expect(modest).toMatchObject({ status: 0 })
  })

  it('tells a program that is not there', async () => {
    const outcome = await runBounded('wasmpack-no-such-program', [], '', BOUNDS)
    expect(outcome).toEqual({ problem: 'could not be started', missing: true })
  })

  it('believes what ended, although a child of its own keeps its output open', async () => {
    const child = 'setTimeout(() => {}, 60000); process.stdout.on("error", () => process.exit())'
    const code = `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit", detached: true })
      child.unref()
      process.stdout.write(child.pid + " is said", () => process.exit(0))`
    const outcome = await node(code)
    expect(outcome).toMatchObject({ output: expect.stringMatching(/^\d+ is said$/), status: 0 })
    process.kill(Number.parseInt('output' in outcome ? outcome.output : '', 10), 'SIGKILL')
  })

  it('ends with the reason of an aborted signal', async () => {
    const controller = new AbortController()
    const running = node('setInterval(() => {}, 1000)', { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
  })
})
