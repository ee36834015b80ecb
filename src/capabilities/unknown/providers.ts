import type { CoreImport } from '../../wasm/types/inspection.ts'

/** Who provides imports that mean something together, but nothing one by one. */
export interface Provider {
  readonly name: string
  /** What they are and why a runtime for WASI does not provide them, as a clause for people. */
  readonly meaning: string
  readonly module: RegExp
  /** All of the module's if absent. */
  readonly import?: RegExp
  /** Names that others use too, with the type that they have here. */
  readonly types?: Readonly<Record<string, string>>
}

/** Recognised by names alone, which anybody can use: never a basis for a verdict. The first that fits counts. */
const PROVIDERS: readonly Provider[] = [
  {
    // https://wasm-bindgen.github.io/wasm-bindgen/contributing/design/index.html
    name: 'wasm-bindgen',
    meaning:
      'wasm-bindgen made it for JavaScript, whose glue code gives it what that code can reach; to run it under WASI, build it for wasm32-wasip1 or wasm32-wasip2',
    module: /^(?:wbg|__wbindgen_placeholder__|__wbindgen_externref_xform__|(?:\.\/)?[\w-]+_bg\.js)$/,
  },
  {
    // https://github.com/golang/go/blob/master/lib/wasm/wasm_exec.js
    name: 'Go for JavaScript',
    meaning:
      'it was built with GOOS=js and needs wasm_exec.js, through which it reaches all that JavaScript can; to run it under WASI, build it with GOOS=wasip1',
    module: /^(?:gojs|go|env)$/,
    import: /^(?:runtime\.|syscall\/js\.)/,
  },
  {
    // https://github.com/toyobayashi/emnapi
    name: 'emnapi',
    meaning:
      'emnapi provides Node-API to such add-ons in JavaScript, whose objects they act on; no WASI runtime does',
    module: /^(?:napi|emnapi|env)$/,
    import: /^_?(?:napi|emnapi|node_api)_/,
  },
  {
    // https://github.com/emscripten-core/emscripten/tree/main/src/lib
    name: 'Emscripten',
    meaning:
      'Emscripten made it for its own JavaScript, which provides files, time and memory; to run it under WASI, build it with -sSTANDALONE_WASM',
    module: /^env$/,
    import:
      /^(?:_?emscripten_|_?embind_|_?emval_|invoke_|__syscall_|__cxa_|__asyncjs__|__call_sighandler$|_(?:abort|tzset|mktime|gmtime|localtime|timegm|mmap|munmap|msync|setitimer)_js$)/,
  },
  {
    name: 'Emscripten, minified',
    meaning:
      'Emscripten made it for its own JavaScript and shortened the names, so that nobody can tell what they do; build it with -sSTANDALONE_WASM, or at least without -O3 or --closure',
    module: /^a$/,
    import: /^[A-Za-z_$][A-Za-z0-9_$]?$/,
  },
  {
    // https://github.com/AssemblyScript/assemblyscript/tree/main/std/assembly/bindings
    name: 'AssemblyScript',
    meaning:
      "AssemblyScript's loader provides such imports in JavaScript (abort reports a failed assertion); to run under WASI, build with @assemblyscript/wasi-shim",
    module: /^env$/,
    import:
      /^(?:abort|trace|seed|globalThis|(?:console|process|crypto|performance|document|Date|Math|Object|Reflect|String)\.\w+)$/,
    types: { abort: '(i32, i32, i32, i32) -> ()' },
  },
  {
    // https://www.openpolicyagent.org/docs/wasm
    name: 'Open Policy Agent',
    meaning:
      'Open Policy Agent compiled it from a policy, whose host has to provide the built-in functions of Rego',
    module: /^env$/,
    import: /^opa_(?:abort|println|builtin[0-4])$/,
  },
  {
    // https://github.com/bytecodealliance/wasmtime/tree/main/crates/wasi-preview1-component-adapter
    name: 'an adapter',
    meaning:
      'an adapter calls so the program that it is put into: it is a part of components, given to wasm-tools component new --adapt, and does not run by itself',
    module: /^__main_module__$/,
  },
  {
    name: "an Extism host's own functions",
    meaning:
      'the very program that embeds Extism defines such functions, which do whatever it lets them do; ask who runs the module',
    module: /^extism:host\/user$/,
  },
  {
    // https://github.com/WasmEdge/WasmEdge/tree/master/plugins
    name: 'a plug-in of WasmEdge',
    meaning:
      'they belong to a plug-in of WasmEdge; no other runtime provides them, and WasmEdge only with it',
    module: /^(?:wasmedge_\w+|wasm_bpf)$/,
  },
]

/** Longer names are nobody's. */
const NAME_LENGTH = 200

/** Who provides functions like this one; undefined if nobody is known to. A type that is not known is empty, and fits. */
export function findProvider({ module, name, kind, type }: CoreImport): Provider | undefined {
  if (kind !== 'func' || module.length > NAME_LENGTH || name.length > NAME_LENGTH) return undefined
  return PROVIDERS.find(
    (by) =>
      by.module.test(module) &&
      (by.import?.test(name) ?? true) &&
      (by.types === undefined || !Object.hasOwn(by.types, name) || type === '' || by.types[name] === type),
  )
}
