// Makes assets/wasm-tools, or DIR, of two packages of jco's that test/stack/toolchains.sh has fetched: wasm-tools as a
// transpiled component, and the interfaces of WASI that it imports, in memory. See assets/README.md.
//   node scripts/vendor-wasm-tools.mjs [DIR]
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

import { build } from 'rolldown'

const out = resolve(process.argv[2] ?? 'assets/wasm-tools')
process.chdir(new URL('..', import.meta.url).pathname)
const peers = process.env['WASMPACK_PEERS'] ?? join(homedir(), '.cache/wasmpack-peers')
const packages = join(peers, 'toolchains/jco-transpile')
const vendor = join(packages, 'jco-transpile/vendor')
const wasmTools = join(peers, 'bin/wasm-tools')
/** In pages of 64 KiB: what WIT text may make wasm-tools take. */
const MEMORY_LIMIT = 4096

/**
 * The worker reads no file: it is given the modules, which may be inside the standalone executable.
 * @type {import('rolldown').Plugin}
 */
const givenModules = {
  name: 'given-modules',
  transform: {
    filter: { id: /\/vendor\/wasm-tools\.js$/ },
    handler(code) {
      const given = code.replaceAll(
        /fetchCompile\(new URL\('\.\/([\w.-]+)', import\.meta\.url\)\)/g,
        "WebAssembly.compile(workerData.modules['$1'])",
      )
      if (given.includes('import.meta')) throw new Error('wasm-tools.js reads files in a way of its own')
      return `import { workerData } from 'node:worker_threads'\n${given}`
    },
  },
}

mkdirSync(out, { recursive: true })
await build({
  input: 'scripts/wit-worker.mjs',
  platform: 'node',
  logLevel: 'warn',
  // wasm-tools.js has "use components", which no engine reads.
  checks: { moduleLevelDirective: false },
  plugins: [givenModules],
  resolve: {
    alias: {
      '@bytecodealliance/jco-transpile/vendor': vendor,
      '@bytecodealliance/preview2-shim': join(packages, 'preview2-shim/dist/browser'),
    },
  },
  output: {
    file: join(out, 'wit-worker.js'),
    format: 'esm',
    codeSplitting: false,
    comments: false,
    minify: true,
  },
})

const core = execFileSync(wasmTools, ['print', join(vendor, 'wasm-tools.core.wasm')], { maxBuffer: 2 ** 30 })
const bounded = core.toString().replace(/^( *\(memory \(;0;\) \d+)\)$/m, `$1 ${MEMORY_LIMIT})`)
if (bounded === core.toString()) throw new Error('the memory of wasm-tools was not found')
execFileSync(wasmTools, ['parse', '-', '-o', join(out, 'wasm-tools.core.wasm')], { input: bounded })
copyFileSync(join(vendor, 'wasm-tools.core2.wasm'), join(out, 'wasm-tools.core2.wasm'))
copyFileSync(join(packages, 'jco-transpile/LICENSE'), join(out, 'LICENSE'))
console.log(
  `${out}: jco-transpile ${JSON.parse(readFileSync(join(packages, 'jco-transpile/package.json'), 'utf8')).version}`,
)
