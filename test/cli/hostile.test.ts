import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { printable } from '../../src/printable.ts'
import type { Run } from '../support/child.ts'
import { createHome, type Home, runWasmpack } from '../support/cli.ts'
import {
  coreImport,
  coreImports,
  custom,
  func,
  module,
  name,
  section,
  types,
  vec,
} from '../support/wasm-builder.ts'

/** Names that would clear a screen, end a line, turn it round, hide, or pass for another. */
const NAMES: readonly string[] = [
  '\u001b[2J\u001b[1;1H',
  '\u009b31m',
  'fd_write\nhost.wasm: allowed by host.capabilities.yaml',
  'fd_write\r  allowed',
  '\u202egnp.exe',
  '\u2066a\u2069',
  'fd_\u200bwrite',
  'fd_write\u{e0041}',
  'fd_write\ufe0f',
  '\u3164',
  'w\u0430si',
  '',
  '#',
  '"',
  '\\u001b[2J',
  "'; rm -rf /; '",
  '<img src=x onerror=alert(1)>',
  '| a | b |',
  '`code`',
  '[link](javascript:x)',
  '::error file=a::b',
  '\u2028',
  '\ufeff',
  'e\u0301',
  'x'.repeat(5_000),
]

const BINARY = module(
  types(func([])),
  coreImports(
    coreImport('w\u0430si_snapshot_preview1', 'fd_write', 0, 0),
    ...NAMES.flatMap((text) => [coreImport(text, 'f', 0, 0), coreImport('env', text, 0, 0)]),
  ),
  section(3, vec([0])),
  section(7, vec(...NAMES.map((text) => name(text).concat(0, 0)))),
  section(10, vec([2, 0, 0x0b])),
  ...NAMES.map((text) => custom(text)),
  custom(
    'producers',
    vec([...name('language'), ...vec(...NAMES.map((text) => [...name(text), ...name(text)]))]),
  ),
  custom('name', [0, ...(({ length }) => [length])(name(NAMES[2]!)), ...name(NAMES[2]!)]),
  custom('description', new TextEncoder().encode(NAMES.join(' '))),
)

let home: Home
beforeAll(() => {
  home = createHome()
  writeFileSync(join(home.work, 'host.wasm'), BINARY)
  writeFileSync(join(home.work, 'plain.wasm'), module())
  writeFileSync(
    join(home.work, 'nothing.yaml'),
    'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: {name: host}\nspec: {grants: {}}\n',
  )
})
afterAll(() => home.dispose())

/** Nothing in it but printable characters, and the ends of lines that are ours. */
function expectHarmless({ stdout, stderr }: Run): void {
  for (const line of `${stdout}\n${stderr}`.split('\n')) expect(printable(line)).toBe(line)
}

describe('a module with hostile names', () => {
  test.each([
    [0, ['inspect', 'host.wasm']],
    [0, ['inspect', 'host.wasm', '--format', 'json']],
    [3, ['validate', 'host.wasm', '-c', 'nothing.yaml']],
    [3, ['validate', 'host.wasm', '-c', 'nothing.yaml', '--format', 'json']],
    [3, ['validate', 'host.wasm', '-c', 'nothing.yaml', '--format', 'sarif']],
    [0, ['diff', 'plain.wasm', 'host.wasm']],
    [0, ['diff', 'plain.wasm', 'host.wasm', '--format', 'json']],
    [0, ['diff', 'plain.wasm', 'host.wasm', '--format', 'markdown']],
    [0, ['diff', 'host.wasm', 'plain.wasm', '--format', 'markdown']],
    [0, ['init', 'host.wasm', '-o', '-']],
    [0, ['init', 'host.wasm', '-o', '-', '--format', 'json']],
    [3, ['push', 'oci-layout:oci:1', 'host.wasm', '-c', 'nothing.yaml', '--dry-run']],
  ] as const)('ends with %i and prints nothing that acts: %j', async (exit, args) => {
    const run = await runWasmpack(home, args)
    expect(run.exit).toBe(exit)
    expectHarmless(run)
  })

  test('loses none of its names in JSON', async () => {
    const { stdout } = await runWasmpack(home, ['inspect', 'host.wasm', '--format', 'json'])
    const { imports, exports } = JSON.parse(stdout) as Record<string, { module: string; name: string }[]>
    expect(imports!.filter(({ module }) => module === 'env').map(({ name }) => name)).toEqual(NAMES)
    expect(exports!.map(({ name }) => name)).toEqual(NAMES)
  })

  test('is no Markdown and no HTML in Markdown', async () => {
    const { stdout } = await runWasmpack(home, ['diff', 'plain.wasm', 'host.wasm', '--format', 'markdown'])
    // Within code, where nothing acts but what ends it.
    const outside = stdout.replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
    for (const active of ['<img', '[link]']) {
      expect(stdout).toContain(active)
      expect(outside).not.toContain(active)
    }
  })

  test('is shown for what it is', async () => {
    const { stderr } = await runWasmpack(home, ['validate', 'host.wasm', '-c', 'nothing.yaml'])
    expect(stderr).toContain(
      'w\u0430si_snapshot_preview1.fd_write: looks like "wasi_snapshot_preview1", but has U+0430 in place of "a"',
    )
    expect(stderr).not.toMatch(/^host\.wasm: allowed/m)
  })

  test('has a manifest written that allows it and says what to beware of', async () => {
    const written = await runWasmpack(home, ['init', 'host.wasm', '-o', 'host.yaml'])
    expect(written.exit).toBe(0)
    const checked = await runWasmpack(home, ['validate', 'host.wasm', '-c', 'host.yaml'])
    expect(checked.exit).toBe(0)
    expect(checked.stdout).toContain('in place of "a", and is granted')
    expectHarmless(checked)
    const strict = await runWasmpack(home, ['validate', 'host.wasm', '-c', 'host.yaml', '--strict'])
    expect(strict.exit).toBe(3)
  })
})

describe('hostile words', () => {
  const WORDS = NAMES.filter((text) => text.length > 0 && text.length < 100)

  test('of a command line come back harmless', async () => {
    for (const args of [
      ['validate', ...WORDS],
      [WORDS[0]!],
      ['inspect', WORDS[2]!],
      ['inspect', `registry.example/${WORDS[4]!}:1`],
      ['validate', 'host.wasm', '-c', WORDS[5]!],
      ['validate', 'host.wasm', '--format', WORDS[1]!],
      ['push', `oci-layout:${WORDS[3]!}`, 'host.wasm'],
      ['push', 'oci-layout:oci:1', 'host.wasm', '-c', 'nothing.yaml', '--annotation', `${WORDS[0]!}=1`],
    ]) {
      const run = await runWasmpack(home, args)
      expect(run.exit, JSON.stringify(args)).not.toBe(0)
      expect(run.exit, JSON.stringify(args)).not.toBe(1)
      expectHarmless(run)
    }
  })

  test.each([
    ['not UTF-8', 10, Buffer.from([0x61, 0xff, 0xfe, 0x0a])],
    ['UTF-16', 5, Buffer.from('apiVersion: wasmpack.dev/v1alpha1', 'utf16le')],
    ['controls', 5, Buffer.from(`apiVersion: "${NAMES.join('')}"\nkind: \u001b[2J\n\u202e: 1\n`)],
    ['nothing', 5, Buffer.alloc(0)],
  ])('on standard input are refused and come back harmless: %s', async (_, exit, stdin) => {
    const run = await runWasmpack(home, ['validate', 'host.wasm', '-c', '-'], { stdin })
    expect(run.exit).toBe(exit)
    expectHarmless(run)
  })
})
