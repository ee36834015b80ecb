import type { CoreImport } from '../../wasm/types/inspection.ts'

/** A provider of imports that are recognised as a group. */
export interface Provider {
  readonly name: string
  /** What the imports are and how to avoid them, as a clause for people. */
  readonly meaning: string
  readonly module: RegExp
  /** All imports of the module if absent. */
  readonly import?: RegExp
  /** Types of names that others use too. */
  readonly types?: Readonly<Record<string, string>>
}

/** Recognised by name, which proves nothing: never a basis for a verdict. The first match wins. */
const PROVIDERS: readonly Provider[] = [
  {
    // https://wasm-bindgen.github.io/wasm-bindgen/contributing/design/index.html
    name: 'wasm-bindgen',
    meaning:
      'imported from the JavaScript glue of wasm-bindgen, which has access to everything JavaScript has; for WASI, build for wasm32-wasip1 or wasm32-wasip2',
    module: /^(?:wbg|__wbindgen_placeholder__|__wbindgen_externref_xform__|(?:\.\/)?[\w-]+_bg\.js)$/,
  },
  {
    // https://github.com/golang/go/blob/master/lib/wasm/wasm_exec.js
    name: 'Go for JavaScript',
    meaning:
      'imported from wasm_exec.js (GOOS=js), which has access to everything JavaScript has; for WASI, build with GOOS=wasip1',
    module: /^(?:gojs|go|env)$/,
    import: /^(?:runtime\.|syscall\/js\.)/,
  },
  {
    // https://github.com/toyobayashi/emnapi
    name: 'emnapi',
    meaning: 'Node-API, provided by emnapi in JavaScript; no WASI runtime provides it',
    module: /^(?:napi|emnapi|env)$/,
    import: /^_?(?:napi|emnapi|node_api)_/,
  },
  {
    // https://github.com/emscripten-core/emscripten/tree/main/src/lib
    name: 'Emscripten',
    meaning:
      'imported from the JavaScript runtime of Emscripten, which provides files, time and memory; for WASI, build with -sSTANDALONE_WASM',
    module: /^env$/,
    import:
      /^(?:_?emscripten_|_?embind_|_?emval_|invoke_|__syscall_|__cxa_|__asyncjs__|__call_sighandler$|_(?:abort|tzset|mktime|gmtime|localtime|timegm|mmap|munmap|msync|setitimer)_js$)/,
  },
  {
    name: 'Emscripten, minified',
    meaning:
      'imported from the JavaScript runtime of Emscripten under minified names, so the purpose is unknown; build with -sSTANDALONE_WASM, or at least without -O3 or --closure',
    module: /^a$/,
    import: /^[A-Za-z_$][A-Za-z0-9_$]?$/,
  },
  {
    // https://github.com/AssemblyScript/assemblyscript/tree/main/std/assembly/bindings
    name: 'AssemblyScript',
    meaning:
      'imported from the JavaScript loader of AssemblyScript (abort reports a failed assertion); for WASI, build with @assemblyscript/wasi-shim',
    module: /^env$/,
    import:
      /^(?:abort|trace|seed|globalThis|(?:console|process|crypto|performance|document|Date|Math|Object|Reflect|String)\.\w+)$/,
    types: { abort: '(i32, i32, i32, i32) -> ()' },
  },
  {
    // https://www.openpolicyagent.org/docs/wasm
    name: 'Open Policy Agent',
    meaning:
      'imported by a policy compiled with Open Policy Agent; the host has to provide the built-in functions of Rego',
    module: /^env$/,
    import: /^opa_(?:abort|println|builtin[0-4])$/,
  },
  {
    // https://github.com/bytecodealliance/wasmtime/tree/main/crates/wasi-preview1-component-adapter
    name: 'an adapter',
    meaning:
      'imported by an adapter from the module it adapts; an adapter does not run by itself, pass it to: wasm-tools component new --adapt',
    module: /^__main_module__$/,
  },
  {
    name: "an Extism host's own functions",
    meaning: 'defined by the program that embeds Extism, with any effect; ask the operator of the host',
    module: /^extism:host\/user$/,
  },
  {
    // https://github.com/WasmEdge/WasmEdge/tree/master/plugins
    name: 'a plug-in of WasmEdge',
    meaning: 'provided by a WasmEdge plug-in, and by no other runtime',
    module: /^(?:wasmedge_\w+|wasm_bpf)$/,
  },
]

/** Longer names match no provider. */
const NAME_LENGTH = 200

/** The provider of a function; undefined if unknown. An empty type matches any. */
export function findProvider({ module, name, kind, type }: CoreImport): Provider | undefined {
  if (kind !== 'func' || module.length > NAME_LENGTH || name.length > NAME_LENGTH) return undefined
  return PROVIDERS.find(
    (by) =>
      by.module.test(module) &&
      (by.import?.test(name) ?? true) &&
      (by.types === undefined || !Object.hasOwn(by.types, name) || type === '' || by.types[name] === type),
  )
}
