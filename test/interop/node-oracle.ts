import { setFlagsFromString } from 'node:v8'

import type { CoreExport, CoreKind } from '../../src/wasm/types/inspection.ts'

interface NodeImport {
  readonly module: string
  readonly name: string
  readonly kind: CoreKind
}

/** What Node's own WebAssembly has of it; the library types that tsc is given do not. */
interface NodeWebAssembly {
  readonly Module: {
    new (bytes: Uint8Array): object
    imports(module: object): { readonly module: string; readonly name: string; readonly kind: string }[]
    exports(module: object): { readonly name: string; readonly kind: string }[]
  }
}

setFlagsFromString('--wasm-lazy-compilation') // what a module lists needs none of its code

/** What a core module imports and exports according to Node. Throws if Node does not accept it. */
export function listingByNode(bytes: Uint8Array): {
  readonly imports: readonly NodeImport[]
  readonly exports: readonly CoreExport[]
} {
  const { Module } = (globalThis as unknown as { readonly WebAssembly: NodeWebAssembly }).WebAssembly
  const module = new Module(bytes)
  return {
    imports: Module.imports(module).map(({ module, name, kind }) => ({ module, name, kind: coreKind(kind) })),
    exports: Module.exports(module).map(({ name, kind }) => ({ name, kind: coreKind(kind) })),
  }
}

const coreKind = (kind: string): CoreKind => (kind === 'function' ? 'func' : (kind as CoreKind))
