import { execFileSync } from 'node:child_process'

import type {
  ComponentExport,
  ComponentKind,
  CoreExport,
  CoreKind,
  ExternName,
} from '../../src/wasm/types/inspection.ts'
import type { ListedImports } from '../support/fixtures.ts'
import { peer } from './peer.ts'
import { isEntity, moduleImports } from './core-oracle.ts'
import { type Expression, headed, lists, parseText, spell, string } from './wat.ts'

/** What the fields of a module, a component or a type stand in. */
type Scope = Expression

const COMPONENT_KINDS: ReadonlyMap<string, ComponentKind> = new Map([
  ['core', 'module'],
  ['func', 'func'],
  ['value', 'value'],
  ['type', 'type'],
  ['component', 'component'],
  ['instance', 'instance'],
])

/** What wasm-tools says of a binary, in the form of the reader's lists but for offsets. */
export interface WasmToolsListing extends ListedImports {
  readonly exports: readonly (CoreExport | ComponentExport)[]
  /** What lies inside a component, what holds others before them. */
  readonly nested: readonly ListedImports[]
}

/** What a binary imports according to the text that wasm-tools prints of it: knows nothing of this project's reader. */
export function importsByWasmTools(file: string): ListedImports {
  const text = execFileSync(peer('wasm-tools'), ['print', '--skeleton', file], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  const { kind, imports } = listingOf(text)
  return { kind, imports }
}

/** Of the text that `wasm-tools print --skeleton` prints. */
export function listingOf(text: string): WasmToolsListing {
  const [root] = parseText(text)
  if (!root) throw new Error('wasm-tools prints nothing')
  const exported = headed(lists(root), 'export')
  if (root[0] === 'module')
    return { kind: 'module', imports: moduleImports(root), exports: exported.map(coreExport), nested: [] }
  const exports = exported.map(componentExport)
  if (isWitPackage(root)) return { kind: 'wit', imports: [], exports, nested: [] }
  return { kind: 'component', imports: componentImports([root]), exports, nested: nestedIn([root]) }
}

const componentImports = (scopes: readonly Scope[]): ListedImports['imports'] =>
  headed(lists(scopes[0]!), 'import').map((field) => componentImport(field, scopes))

/** `(core module ..)` and `(component ..)` that are defined here, and all within them. */
const nestedIn = (scopes: readonly Scope[]): ListedImports[] =>
  lists(scopes[0]!).flatMap((field) => {
    if (field[0] === 'core' && field[1] === 'module')
      return [{ kind: 'module' as const, imports: moduleImports(field) }]
    if (field[0] !== 'component') return []
    const inside = [field, ...scopes]
    const component: ListedImports = { kind: 'component', imports: componentImports(inside) }
    return [component].concat(nestedIn(inside))
  })

/** Whether nothing is there but types and whatever they are made of, and what is exported are types of components. */
function isWitPackage(component: Scope): boolean {
  const fields = lists(component)
  const exported = headed(fields, 'export')
  const isType = ([head, second]: Expression): boolean =>
    ['type', 'export', 'alias'].includes(String(head)) ||
    (head === 'core' && second === 'type') ||
    String(head).startsWith('@')
  return (
    exported.length > 0 &&
    fields.every(isType) &&
    exported.every((field) => {
      const type = headed(lists(field), 'type')[0]
      return type !== undefined && resolve(type[1], [component])?.body[0] === 'component'
    })
  )
}

/** Of `(export "n" (func 3))`. */
function coreExport(field: Expression): CoreExport {
  const entity = lists(field).find(isEntity)
  if (!entity) throw new Error(`an export without a kind: ${spell(field)}`)
  return { name: string(field[1]), kind: entity[0] as CoreKind }
}

const componentExport = (field: Expression): ComponentExport => ({
  ...externName(field),
  kind: componentKind(entityOf(field)),
})

function componentImport(field: Expression, scopes: readonly Scope[]): ListedImports['imports'][number] {
  const entity = entityOf(field)
  const kind = componentKind(entity)
  return { ...externName(field), kind, functions: kind === 'instance' ? itemsOf(entity, scopes) : [] }
}

function externName(field: Expression): ExternName {
  const attribute = (head: string, key: string): Record<string, string> => {
    const found = headed(lists(field), head)[0]
    return found ? { [key]: string(found[1]) } : {}
  }
  return {
    name: nameOf(field),
    ...attribute('implements', 'implements'),
    ...attribute('version-suffix', 'versionSuffix'),
    ...attribute('external-id', 'externalId'),
  }
}

const nameOf = (field: Expression): string =>
  string(field.find((part) => typeof part === 'string' && part.startsWith('"')))

function entityOf(field: Expression): Expression {
  const entity = lists(field).find(([head]) => COMPONENT_KINDS.has(String(head)))
  if (!entity) throw new Error(`an import or export without a kind: ${spell(field)}`)
  return entity
}

const componentKind = ([head]: Expression): ComponentKind => COMPONENT_KINDS.get(String(head))!

/** What an instance must have but types; of instances in it as `instance/function`; the innermost scope comes first. */
function itemsOf(instance: Expression, scopes: readonly Scope[], prefix = ''): string[] {
  const { body, around } = instanceType(instance, scopes)
  const inside = [body, ...around]
  return headed(lists(body), 'export').flatMap((exported) => {
    const name = prefix + nameOf(exported)
    const entity = entityOf(exported)
    const kind = componentKind(entity)
    if (kind === 'instance') return itemsOf(entity, inside, `${name}/`)
    return kind === 'type' ? [] : [kind === 'func' ? name : `${kind} ${name}`]
  })
}

interface Resolved {
  readonly body: Expression
  /** The scopes that surround the body. */
  readonly around: readonly Scope[]
}

/** Of `(instance (;0;) (type 3))`. */
function instanceType(instance: Expression, scopes: readonly Scope[]): Resolved {
  const reference = headed(lists(instance), 'type')[0]?.[1]
  const found = resolve(reference, scopes)
  if (found?.body[0] !== 'instance') throw new Unresolved(`no instance type ${String(reference)}`)
  return found
}

/** The text names a type in a way that this oracle does not follow. */
export class Unresolved extends Error {}

type Reference = Expression[number] | undefined

/** Whether a field or its entity introduces what a reference, `$name` or an index, refers to. */
const introduces = (definition: Expression, reference: Reference): boolean =>
  definition.includes(`;${String(reference)}`) ||
  (typeof reference === 'string' && reference.startsWith('$') && definition[1] === reference)

/** A type by its identifier or index: where it is defined, through aliases, imports and exports of it. */
function resolve(reference: Reference, scopes: readonly Scope[]): Resolved | undefined {
  for (const field of lists(scopes[0] ?? [])) {
    if (field[0] === 'type' && introduces(field, reference)) {
      const body = lists(field)[0]
      return body && { body, around: scopes }
    }
    const type = headed(lists(field), 'type')[0]
    if (!type) continue
    if (field[0] === 'alias' && introduces(type, reference)) {
      if (field[1] === 'outer') return resolve(field[3], outwards(field[2], scopes))
      return exportedType(instanceAt(field[2], scopes), string(field[3]))
    }
    if (field[0] === 'import' && introduces(type, reference)) return equal(type, scopes)
    if (field[0] === 'export' && (introduces(field, reference) || introduces(type, reference)))
      return equal(type, scopes) ?? resolve(type[1], scopes)
  }
  return undefined
}

/** From a scope on that is so many further out, or has that identifier. */
const outwards = (reference: Reference, scopes: readonly Scope[]): readonly Scope[] =>
  scopes.slice(
    String(reference).startsWith('$')
      ? scopes.findIndex((scope) => scope[1] === reference)
      : Number(reference),
  )

/** Of `(type (eq 3))`; a resource has no body. */
function equal(type: Expression, scopes: readonly Scope[]): Resolved | undefined {
  const bound = headed(lists(type), 'eq')[0]
  return bound && resolve(bound[1], scopes)
}

function exportedType({ body, around }: Resolved, name: string): Resolved | undefined {
  const exported = headed(lists(body), 'export').find((field) => nameOf(field) === name)
  const type = exported && headed(lists(exported), 'type')[0]
  return type && equal(type, [body, ...around])
}

/** The type of an instance that was imported, exported or taken out of another. */
function instanceAt(reference: Reference, scopes: readonly Scope[]): Resolved {
  for (const field of lists(scopes[0] ?? [])) {
    const instance = headed(lists(field), 'instance')[0]
    if (!instance) continue
    const isIntroduced = introduces(instance, reference)
    if (field[0] === 'import' && isIntroduced) return instanceType(instance, scopes)
    if (field[0] === 'alias' && field[1] === 'export' && isIntroduced) {
      const { body, around } = instanceAt(field[2], scopes)
      const exported = headed(lists(body), 'export').find((inner) => nameOf(inner) === string(field[3]))
      if (exported) return instanceType(entityOf(exported), [body, ...around])
    }
    if (field[0] === 'export' && isIntroduced) return instanceType(instance, scopes)
    if (field[0] === 'export' && introduces(field, reference)) return instanceAt(instance[1], scopes)
  }
  throw new Unresolved(`no type of instance ${String(reference)}`)
}
