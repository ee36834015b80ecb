import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { classifyCoreImport, classifyInterfaceFunction } from '../../src/capabilities/catalog/catalog.ts'
import { interfacesSuitePath, PEERS } from '../stack/peers.ts'
import { needsPeers, peer, standAside } from './peer.ts'

needsPeers('wasm-tools')
const suite = interfacesSuitePath()
if (suite === undefined) standAside('the interfaces are not there: run bash test/stack/suites.sh interfaces')
/** jco ships what its host implements: https://github.com/bytecodealliance/jco */
const jco = join(PEERS, 'toolchains/jco/package/lib/wit/builtin')
if (!existsSync(jco)) standAside('jco is not there: run bash test/stack/toolchains.sh jco')

interface Resolved {
  readonly packages: readonly { readonly name: string }[]
  readonly interfaces: readonly {
    readonly name: string | null
    readonly package: number | null
    readonly functions: Readonly<Record<string, unknown>>
  }[]
}

/** `interface#function` of every package that a directory of WIT describes, as wasm-tools resolves it. */
function functionsOf(directory: string): [name: string, member: string][] {
  const text = execFileSync(peer('wasm-tools'), ['component', 'wit', '--json', '--all-features', directory])
  const { packages, interfaces } = JSON.parse(text.toString()) as Resolved
  return interfaces.flatMap(({ name, package: owner, functions }) => {
    if (name === null || owner === null) return []
    const [base, version] = packages[owner]!.name.split('@')
    const full = `${base}/${name}${version === undefined ? '' : `@${version}`}`
    return Object.keys(functions).map((member): [string, string] => [full, member])
  })
}

/** The packages of a directory under a root of their own, so that each finds the others. */
function asDependencies(packages: string): string {
  const root = mkdtempSync(join(tmpdir(), 'wit-'))
  cpSync(packages, join(root, 'deps'), { recursive: true })
  writeFileSync(join(root, 'root.wit'), 'package test:root;\n\nworld empty {}\n')
  return root
}

const uncatalogued = (functions: readonly (readonly [string, string])[]): string[] =>
  functions
    .filter(([name, member]) => classifyInterfaceFunction(name, member) === undefined)
    .map(([name, member]) => `${name}#${member}`)

describe('every function is catalogued', () => {
  test('of what the SDKs of Spin and wasmCloud import', () => {
    for (const sdk of ['spin-sdk', 'wasmcloud-component']) {
      const functions = functionsOf(join(suite!, 'wit', sdk))
      expect(functions.length).toBeGreaterThan(200)
      expect(uncatalogued(functions)).toEqual([])
    }
  })

  test.each(['0.2.12', '0.3.0'])('of WASI %s as jco implements it', (version) => {
    const functions = functionsOf(asDependencies(join(jco, version)))
    expect(functions.length).toBeGreaterThan(100)
    expect(uncatalogued(functions)).toEqual([])
  })

  test('of wasi-tls, but for what jco itself added to it', () => {
    expect(uncatalogued(functionsOf(join(jco, 'wasi-tls-0.2.0-draft')))).toEqual([
      'wasi:tls/types@0.2.0-draft#is-available',
    ])
  })

  test.each([
    ['proxy-wasm', 35],
    ['extism-pdk', 20],
    ['wapc-guest', 9],
    ['wasi-nn', 5],
  ])('that Rust declares in %s', (crate, least) => {
    const declared = externsOf(join(suite!, 'rust', crate))
    expect(declared.length).toBeGreaterThanOrEqual(least)
    expect(declared.filter(([module, name]) => classifyCoreImport(module, name) === undefined)).toEqual([])
  })
})

const BLOCK = /wasm_import_module = "([^"]+)"\)\]\s*(?:unsafe )?extern "C" \{(.*?)\n\s*\}/gs

/** `fn` in a block that `wasm_import_module` names. */
function externsOf(directory: string): [module: string, name: string][] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.rs'),
  )
  const text = files.map((file) => readFileSync(join(directory, file), 'utf8')).join('\n')
  return [...text.matchAll(BLOCK)].flatMap(([, module, block]) =>
    Array.from(block!.matchAll(/\bfn (\w+)\(/g), ([, name]): [string, string] => [module!, name!]),
  )
}
