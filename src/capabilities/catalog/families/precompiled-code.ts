import type { Family } from './family.ts'

/** Native code in universal Wasm binaries, which `wasmedge compile` writes and WasmEdge runs in place of the module. */
export const WASMEDGE_AOT: Family = {
  title: "WasmEdge's compiled code",
  spec: 'https://github.com/WasmEdge/WasmEdge/blob/master/lib/loader/ast/module.cpp',
  sections: { 'native-code': 'wasmedge' },
}

/** Native code that the proxy-wasm hosts of V8, WAMR and WAVM run if they are configured with `allow_precompiled`. */
export const PROXY_WASM_PRECOMPILED: Family = {
  title: "proxy-wasm's precompiled code",
  spec: 'https://github.com/proxy-wasm/proxy-wasm-cpp-host/tree/main/src',
  sections: { 'native-code': 'precompiled_* wamr-aot wavm.precompiled_object' },
}
