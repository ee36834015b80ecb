import type { CoreKind } from '../../src/wasm/inspection.ts'

interface NodeImport {
  readonly module: string
  readonly name: string
  readonly kind: CoreKind
}

/** What Node's own WebAssembly has of it; the library types that tsc is given do not. */
interface NodeWebAssembly {
  compile(bytes: Uint8Array): Promise<object>
  readonly Module: {
    imports(module: object): { readonly module: string; readonly name: string; readonly kind: string }[]
  }
}

/** What a core module imports according to Node, which compiles it first. */
export async function importsByNode(bytes: Uint8Array): Promise<NodeImport[]> {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: NodeWebAssembly }
  const module = await WebAssembly.compile(bytes)
  return WebAssembly.Module.imports(module).map(({ module, name, kind }) => ({
    module,
    name,
    kind: kind === 'function' ? 'func' : (kind as CoreKind),
  }))
}
