/** Of `wasm-tools component wit --json`, what is compared. */
interface WitDocument {
  readonly worlds: readonly { readonly name: string; readonly imports: Readonly<Record<string, WitItem>> }[]
  readonly interfaces: readonly {
    readonly name: string | null
    readonly functions: Readonly<Record<string, unknown>>
    readonly package: number | null
  }[]
  readonly packages: readonly { readonly name: string }[]
}

interface WitItem {
  readonly interface?: { readonly id: number }
  readonly function?: unknown
  readonly type?: unknown
}

/** What a component imports according to the world that wasm-tools extracts from it: name to sorted functions. */
export function importsByWit(json: string): ReadonlyMap<string, readonly string[]> {
  const { worlds, interfaces, packages } = JSON.parse(json) as WitDocument
  const root = worlds.find(({ name }) => name === 'root')
  if (!root) throw new Error('a component without the world that is made of it')
  const imports = new Map<string, readonly string[]>()
  for (const [label, item] of Object.entries(root.imports)) {
    if (item.interface) {
      const { name, functions, package: owner } = interfaces[item.interface.id]!
      const isPublic = /^interface-\d+$/.test(label) && name !== null && owner !== null
      imports.set(isPublic ? qualified(packages[owner]!.name, name) : label, Object.keys(functions).sort())
    } else if (item.function !== undefined) imports.set(label, [])
  }
  return imports
}

/** `wasi:http@0.2.3` and `types` to `wasi:http/types@0.2.3`. */
function qualified(owner: string, name: string): string {
  const [path, version] = owner.split('@')
  return version === undefined ? `${path}/${name}` : `${path}/${name}@${version}`
}
