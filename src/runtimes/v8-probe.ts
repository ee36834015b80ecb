/** The stub of an import, created by the probe. */
export interface Stub {
  readonly module: string
  readonly name: string
  readonly kind: 'func' | 'table' | 'memory' | 'global' | 'tag'
  readonly min?: number
  readonly max?: number
  readonly shared?: boolean
  readonly index?: 'i32' | 'i64'
  /** Of a table. */
  readonly element?: string
  /** Of a global. */
  readonly type?: string
  readonly mutable?: boolean
}

/** The JSON output of the probe; times in milliseconds. */
export interface ProbeResult {
  readonly compile: number
  readonly instantiate: number
  /** Why it did not compile. */
  readonly refused?: string
  /** Why it was not instantiated, or the error of its start function. */
  readonly trapped?: string
}

/** The part of the WebAssembly API that the probe needs; missing in Node's types. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => object
  readonly Memory: new (limits: object) => object
  readonly Table: new (limits: object) => object
  readonly Global: new (type: object, value: unknown) => object
}

/**
 * Runs as source text in its own process, so it must not refer to anything outside. Reads `{path, stubs}` from stdin and
 * prints a {@link ProbeResult}.
 */
export function probe(): void {
  const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly
  const { readFileSync, writeSync } = process.getBuiltinModule('node:fs')
  const task = JSON.parse(readFileSync(0, 'utf8')) as { path: string; stubs: readonly Stub[] }
  const print = (measured: ProbeResult): void => void writeSync(1, JSON.stringify(measured))
  const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
  const limits = ({ min, max, shared, index }: Stub): object => ({
    initial: index === 'i64' ? BigInt(min!) : min,
    ...(max === undefined ? {} : { maximum: index === 'i64' ? BigInt(max) : max }),
    ...(shared ? { shared } : {}),
    ...(index === 'i64' ? { index, address: index } : {}),
  })
  const make = (stub: Stub): unknown => {
    switch (stub.kind) {
      case 'func':
        return () => {
          throw new Error(`called ${stub.module}.${stub.name}, which is a stub`)
        }
      case 'memory':
        return new engine.Memory(limits(stub))
      case 'table':
        return new engine.Table({ ...limits(stub), element: stub.element })
      case 'global':
        return new engine.Global(
          { value: stub.type === 'funcref' ? 'anyfunc' : stub.type, mutable: stub.mutable },
          stub.type === 'i64' ? 0n : stub.type!.endsWith('ref') ? null : 0,
        )
      default:
        throw new Error(`cannot create a stub for a ${stub.kind}`)
    }
  }
  const bytes = readFileSync(task.path)
  let module: object
  const begun = performance.now()
  try {
    module = new engine.Module(bytes)
  } catch (error) {
    return print({ compile: 0, instantiate: 0, refused: messageOf(error) })
  }
  const compile = performance.now() - begun
  try {
    const imports: Record<string, Record<string, unknown>> = Object.create(null)
    for (const stub of task.stubs) (imports[stub.module] ??= Object.create(null))[stub.name] = make(stub)
    const ready = performance.now()
    Reflect.construct(engine.Instance, [module, imports])
    print({ compile, instantiate: performance.now() - ready })
  } catch (error) {
    print({ compile, instantiate: 0, trapped: messageOf(error) })
  }
}
