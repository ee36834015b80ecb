import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { coreSuitePath } from '../stack/peers.ts'
import { peer, standAside } from './peer.ts'

/** One binary of the specification's own test-suite, and what the suite says of it. */
export interface SuiteCase {
  /** The test's file, without its extension: `wasm-v3/binary`, `proposals/gc/array`. */
  readonly test: string
  readonly line: number
  readonly verdict: 'valid' | 'invalid' | 'malformed'
  /** What the suite gives as the reason. */
  readonly reason: string
  /** Where the binary is. */
  readonly path: string
  readonly bytes: Uint8Array
}

interface Command {
  readonly type: string
  readonly line: number
  readonly filename?: string
  readonly module_type?: string
  readonly text?: string
}

const VERDICTS: Readonly<Record<string, SuiteCase['verdict']>> = {
  module: 'valid',
  module_definition: 'valid',
  assert_unlinkable: 'valid',
  assert_uninstantiable: 'valid',
  assert_invalid: 'invalid',
  assert_malformed: 'malformed',
}

/** Skips the tests of a file aloud, or fails them in CI, if the suite was not fetched. */
export function needsCoreSuite(): void {
  if (coreSuitePath() === undefined)
    standAside('the core test-suite is not there: run bash test/stack/suites.sh')
}

/** Every binary of the suite, as wasm-tools makes it of the .wast files; what is malformed as text is left out. */
export function coreSuite(): SuiteCase[] {
  const suite = coreSuitePath()
  if (suite === undefined) return []
  const out = mkdtempSync(join(tmpdir(), 'core-suite-'))
  return readdirSync(suite, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.wast'))
    .toSorted()
    .flatMap((file) => casesOf(suite, file, join(out, file)))
}

function casesOf(suite: string, file: string, directory: string): SuiteCase[] {
  mkdirSync(directory, { recursive: true })
  const list = join(directory, 'commands.json')
  execFileSync(peer('wasm-tools'), ['json-from-wast', join(suite, file), '--wasm-dir', directory, '-o', list])
  const { commands } = JSON.parse(readFileSync(list, 'utf8')) as { readonly commands: readonly Command[] }
  const test = join(dirname(file), file.slice(dirname(file).length + 1, -'.wast'.length))
  return commands.flatMap(({ type, line, filename, module_type, text = '' }) => {
    const verdict = VERDICTS[type]
    if (filename === undefined || module_type !== 'binary') return []
    if (verdict === undefined) throw new Error(`${file}:${line} has a binary for the unknown ${type}`)
    const path = join(directory, filename)
    return [{ test, line, verdict, reason: text, path, bytes: readFileSync(path) }]
  })
}
