import type { CoreTarget } from './run-target.ts'
import { type ProxyWasmVersion, listProxyWasmFunctions, listWasip1Functions } from './signatures.ts'

const MEMORY = {
  what: 'memory named "memory", which the host reads and writes',
  names: ['memory'],
  kind: 'memory',
} as const

/** Exports of commands and reactors: https://github.com/WebAssembly/WASI/blob/wasi-0.1/application-abi.md */
const createWasip1Target = (): CoreTarget => ({
  kind: 'core',
  name: 'wasip1',
  functions: listWasip1Functions(),
  exports: [
    MEMORY,
    {
      what: '"_start" of a command nor "_initialize" of a reactor',
      names: ['_start', '_initialize'],
      kind: 'func',
    },
  ],
})

/** Exports that the host looks up: https://github.com/proxy-wasm/proxy-wasm-cpp-host/blob/main/src/wasm.cc */
function createProxyWasmTarget(version: ProxyWasmVersion): CoreTarget {
  const marker = `proxy_abi_version_${version.replaceAll('.', '_')}`
  return {
    kind: 'core',
    name: `proxy-wasm@${version}`,
    functions: listProxyWasmFunctions(version),
    exports: [
      { what: `"${marker}", which tells the host the ABI version`, names: [marker], kind: 'func' },
      MEMORY,
      {
        what: '"malloc" nor "proxy_on_memory_allocate", with which the host allocates memory',
        names: ['malloc', 'proxy_on_memory_allocate'],
        kind: 'func',
      },
    ],
  }
}

/** Known hosts of core modules, by name. */
export const CORE_TARGETS: ReadonlyMap<string, () => CoreTarget> = new Map([
  ['wasip1', createWasip1Target],
  ['proxy-wasm@0.1.0', () => createProxyWasmTarget('0.1.0')],
  ['proxy-wasm@0.2.0', () => createProxyWasmTarget('0.2.0')],
  ['proxy-wasm@0.2.1', () => createProxyWasmTarget('0.2.1')],
])
