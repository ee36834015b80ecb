import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { buildProgram } from '../../src/commands/cli/program.ts'
import { COMMANDS } from '../../src/commands/command-table.ts'
import { runChild } from '../support/child.ts'
import { createHome, type Home, runWasmpack } from '../support/cli.ts'

const program = await buildProgram(
  COMMANDS,
  () => {
    throw new Error('completion runs no command')
  },
  () => true,
)
const commands = program.commands.map((command) => command.name())

let home: Home
beforeEach(() => {
  home = createHome()
})
afterEach(() => home.dispose())

/** What bash offers after these words, by the real script in the real shell. */
async function offers(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout: script } = await runWasmpack(home, ['completion', 'bash'])
  const line = `${script}
COMP_WORDS=(wasmpack ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
_wasmpack; printf '%s\\n' "\${COMPREPLY[@]}"`
  const run = await runChild('bash', ['-c', line], { cwd: home.work, env: home.env })
  expect(run.stderr).toBe('')
  return run.stdout.trim().split('\n').filter(Boolean)
}

describe('completion bash', () => {
  test('offers every command first', async () => {
    expect(await offers('')).toEqual([...commands, '--help', '--version'])
  })
  test('offers the flags of the command', async () => {
    expect(await offers('push', '--dig')).toEqual(['--digest-file'])
    expect(await offers('resolve', '--dig')).toEqual([])
  })
  test('offers the subcommands of a command, then their flags', async () => {
    expect(await offers('policy', '')).toEqual(['test', 'explain', '--help'])
    expect(await offers('policy', 'test', '--pol')).toEqual(['--policy'])
    expect(await offers('policy', '--pol')).toEqual([])
  })
  test('offers no hidden flag', async () => {
    expect(await offers('validate', '--expl')).toEqual([])
  })
  test('offers the choices of a flag', async () => {
    expect(await offers('validate', '--format', '')).toEqual(['text', 'json'])
  })
  test('offers files where an argument is wanted', async () => {
    await runChild('touch', ['app.wasm', 'apple.wasm', 'other'], { cwd: home.work, env: home.env })
    expect((await offers('validate', 'ap')).toSorted()).toEqual(['app.wasm', 'apple.wasm'])
  })
})

test.for(['zsh', 'fish'])('completion %s names every command and every visible long flag', async (shell) => {
  const { stdout, exit } = await runWasmpack(home, ['completion', shell])
  expect(exit).toBe(0)
  for (const command of [...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    expect(stdout).toContain(command.name())
    for (const { long, hidden } of command.options)
      if (!hidden) expect(stdout).toContain(shell === 'fish' ? `-l ${long!.slice(2)}` : long!)
  }
})

test('the README names every command', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  for (const command of commands.filter((command) => command !== 'help'))
    expect(readme).toContain(`\`${command}\``)
})
