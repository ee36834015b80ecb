import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type {
  ComponentImport,
  CoreImport,
  Inspection,
  NestedBinary,
} from '../../src/wasm/types/inspection.ts'

/** The directory of the fixtures: small modules with their sources. Its README tells what each one is for. */
export const FIXTURES: string = join(import.meta.dirname, '../../fixtures')

const IMPORTS = '.imports.json'
const MODULE = '.wasm'

/** What a module imports, without offsets: the form of `NAME.imports.json`, which wasm-tools is the author of. */
export interface ListedImports {
  readonly kind: Inspection['kind']
  readonly imports: readonly (Omit<CoreImport, 'offset'> | Omit<ComponentImport, 'offset'>)[]
}

/** Fixtures whose modules are in the repository, sorted; those by hand begin with `edge/`. */
export const fixtureNames = (): string[] => modulesBelow(FIXTURES)

/** Every fixture with a list of imports: the ones above, and those that are built afresh each time. */
export const listedFixtureNames = (): string[] => namesBelow(FIXTURES, IMPORTS)

/** The modules in a directory that fixtures/build.sh has filled. */
export const modulesBelow = (directory: string): string[] => namesBelow(directory, MODULE)

/** Where a file of a fixture is: `fixturePath('go-hello', '.capabilities.yaml')`. */
export const fixturePath = (name: string, extension: string = MODULE): string =>
  join(FIXTURES, `${name}${extension}`)

export const readFixture = (name: string): Uint8Array => readFileSync(fixturePath(name))

/** The fixture's capability manifest as text, or undefined. */
export function fixtureCapabilities(name: string): string | undefined {
  const path = fixturePath(name, '.capabilities.yaml')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

export const fixtureImports = (name: string): ListedImports =>
  JSON.parse(readFileSync(fixturePath(name, IMPORTS), 'utf8')) as ListedImports

/** The text of a `NAME.imports.json`: one line per import. */
export function formatImports({ kind, imports }: ListedImports): string {
  const lines = imports.map((listed) => `    ${JSON.stringify(listed)}`).join(',\n')
  return `{\n  "kind": "${kind}",\n  "imports": [${lines === '' ? '' : `\n${lines}\n  `}]\n}\n`
}

/** What the reader found, at the root or in what it nests, in the form of the lists. */
export function listImports(found: Inspection | NestedBinary): ListedImports {
  const { kind } = found
  if (kind === 'wit') return { kind, imports: [] }
  const parts = found.imports.map((found) => Object.entries(found).filter(([key]) => key !== 'offset'))
  return { kind, imports: parts.map((part) => Object.fromEntries(part) as ListedImports['imports'][number]) }
}

const namesBelow = (directory: string, extension: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
    .sort()
