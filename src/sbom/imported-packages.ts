import { parseExternName } from '../wasm/component/extern-name.ts'
import type { ComponentImport } from '../wasm/types/inspection.ts'

/** A package of interfaces that a component imports, or another component that it names. */
export interface ImportedPackage {
  /** `wasi:http`, or the name of a component as the import has it. */
  readonly name: string
  readonly version?: string
  /** Of the component that the import names, as subresource integrity writes it: `sha256-` and base64. */
  readonly integrity?: string
  /** `types`, `outgoing-handler`; sorted. Empty for a component. */
  readonly interfaces: readonly string[]
}

/** What the imports of a component refer to, by package and version; names of functions alone refer to nothing. */
export function listImportedPackages(imports: readonly ComponentImport[]): readonly ImportedPackage[] {
  const packages = new Map<string, { readonly found: ImportedPackage; readonly interfaces: Set<string> }>()
  for (const { name: text, implements: implemented, versionSuffix = '' } of imports) {
    const name = parseExternName(implemented ?? text)
    if (name === undefined || name.kind === 'plain') continue
    const found: ImportedPackage =
      name.kind === 'interface'
        ? {
            name: name.package,
            ...(name.version !== undefined && { version: name.version + versionSuffix }),
            interfaces: [],
          }
        : { ...readDependency(name.scheme, name.value), ...integrityOf(name), interfaces: [] }
    const key = `${found.name}@${found.version ?? ''}`
    const entry = packages.get(key) ?? { found, interfaces: new Set<string>() }
    if (name.kind === 'interface') entry.interfaces.add(name.interface)
    packages.set(key, entry)
  }
  return [...packages]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { found, interfaces }]) => Object.assign(found, { interfaces: [...interfaces].sort() }))
}

/** `ns:name@1.2.3` of a locked dependency; a range of versions is no version, so it stays in the name. */
function readDependency(scheme: string, value: string): Pick<ImportedPackage, 'name' | 'version'> {
  const [, name, version] = (scheme === 'locked-dep' && /^([^@]+)@([^@{}]+)$/.exec(value)) || []
  return name !== undefined && version !== undefined ? { name, version } : { name: value }
}

const integrityOf = ({
  scheme,
  value,
  integrity = scheme === 'integrity' ? value : undefined,
}: {
  readonly scheme: string
  readonly value: string
  readonly integrity?: string
}): Pick<ImportedPackage, 'integrity'> => (integrity === undefined ? {} : { integrity })
