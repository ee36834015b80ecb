import { execFileSync } from 'node:child_process'

import type { ComponentKind, CoreKind } from '../../src/wasm/inspection.ts'
import type { ListedImports } from '../support/fixtures.ts'
import { peer } from './peer.ts'
import { parseText, type Expression } from './wat.ts'

type Scope = readonly Expression[]
type CoreListed = { module: string; name: string; kind: CoreKind; type: string }

const CORE_KINDS: ReadonlySet<string> = new Set(['func', 'table', 'memory', 'global', 'tag'])
const COMPONENT_KINDS: ReadonlyMap<string, ComponentKind> = new Map([
  ['core', 'module'],
  ['func', 'func'],
  ['value', 'value'],
  ['type', 'type'],
  ['component', 'component'],
  ['instance', 'instance'],
])

/** What a binary imports according to the text that wasm-tools prints of it: knows nothing of this project's reader. */
export function importsByWasmTools(file: string): ListedImports {
  const text = execFileSync(peer('wasm-tools'), ['print', '--skeleton', file], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  const [root] = parseText(text)
  if (!root) throw new Error(`wasm-tools prints nothing of ${file}`)
  const fields = lists(root)
  if (root[0] === 'module') return { kind: 'module', imports: headed(fields, 'import').flatMap(coreImports) }
  const isWit = fields.every(([head]) => head === 'type' || head === 'export' || String(head).startsWith('@'))
  if (isWit && headed(fields, 'export').length > 0) return { kind: 'wit', imports: [] }
  return {
    kind: 'component',
    imports: headed(fields, 'import').map((field) => componentImport(field, fields)),
  }
}

/** Of `(import "m" "n" (func ..))`, `(import "m" (item "n" (func ..))..)` or `(import "m" (item "n").. (func ..))`. */
function coreImports(field: Expression): CoreListed[] {
  const module = string(field[1])
  const items = headed(lists(field), 'item')
  const entity = lists(field).find(isEntity)
  if (items.length === 0) return [{ module, name: string(field[2]), ...describe(entity) }]
  return items.map((item) => {
    const { kind, type } = describe(entity ?? lists(item).find(isEntity))
    return { module, name: string(item[1]), kind, type }
  })
}

const isEntity = ([head]: Expression): boolean => CORE_KINDS.has(String(head))

function describe(entity: Expression | undefined): { kind: CoreKind; type: string } {
  if (!entity) throw new Error('an import without a type')
  const kind = entity[0] as CoreKind
  switch (kind) {
    case 'func':
      return { kind, type: signature(entity) }
    case 'tag':
      return { kind, type: `tag ${signature(entity)}` }
    case 'global':
      return {
        kind,
        type: words(entity)
          .join(' ')
          .replace(/\((mut [^)]*)\)/, '$1'),
      }
    default:
      return { kind, type: `${kind} ${limits(words(entity))}` }
  }
}

/** `i64 1 2 shared` to `i64 1..2 shared`. */
const limits = (words: readonly string[]): string => words.join(' ').replace(/(?<!\S)(\d+) (\d+)/, '$1..$2')

function signature(entity: Expression): string {
  const types = (head: string): string => headed(lists(entity), head).flatMap(words).join(', ')
  return `(${types('param')}) -> (${types('result')})`
}

function componentImport(field: Expression, root: Scope): ListedImports['imports'][number] {
  const entity = lists(field).find(([head]) => COMPONENT_KINDS.has(String(head)))
  if (!entity) throw new Error(`an import without a kind: ${spell(field)}`)
  const attribute = (head: string, key: string): Record<string, string> => {
    const found = headed(lists(field), head)[0]
    return found ? { [key]: string(found[1]) } : {}
  }
  const kind = COMPONENT_KINDS.get(String(entity[0]))!
  return {
    name: string(field[1]),
    ...attribute('implements', 'implements'),
    ...attribute('versionsuffix', 'versionSuffix'),
    ...attribute('external-id', 'externalId'),
    kind,
    functions: kind === 'instance' ? functionsOf(entity, [root]) : [],
  }
}

/** The functions of an instance, those of instances in it as `instance/function`; the innermost scope comes first. */
function functionsOf(instance: Expression, scopes: readonly Scope[], prefix = ''): string[] {
  const { body, around } = resolve(headed(lists(instance), 'type')[0]?.[1], scopes)
  const inside = [lists(body), ...around]
  return headed(lists(body), 'export').flatMap((exported) => {
    const name = prefix + string(exported.find((part) => typeof part === 'string' && part.startsWith('"')))
    const inner = headed(lists(exported), 'instance')[0]
    if (inner) return functionsOf(inner, inside, `${name}/`)
    return headed(lists(exported), 'func').length > 0 ? [name] : []
  })
}

/** An instance type by its identifier or index, through outer aliases; with the scopes that surround it. */
function resolve(
  reference: Expression[number] | undefined,
  scopes: readonly Scope[],
): { readonly body: Expression; readonly around: readonly Scope[] } {
  const named = (definition: Expression): boolean =>
    definition[1] === reference || definition.includes(`;${String(reference)}`)
  for (const field of scopes[0] ?? []) {
    const body = headed(lists(field), 'instance')[0]
    if (field[0] === 'type' && named(field) && body) return { body, around: scopes }
    const alias = headed(lists(field), 'type')[0]
    if (field[0] === 'alias' && field[1] === 'outer' && alias && named(alias))
      return resolve(field[3], scopes.slice(Number(field[2])))
  }
  throw new Error(`no instance type ${String(reference)}`)
}

const lists = (expression: Expression): Expression[] => expression.filter((part) => typeof part !== 'string')

const headed = (expressions: readonly Expression[], head: string): Expression[] =>
  expressions.filter((expression) => expression[0] === head)

/** What follows the head, without identifiers and comments. */
const words = (expression: Expression): string[] =>
  expression
    .slice(1)
    .filter((part) => typeof part !== 'string' || !/^[$;]/.test(part))
    .map(spell)

const spell = (part: Expression[number]): string =>
  typeof part === 'string' ? part : `(${part.map(spell).join(' ')})`

function string(part: Expression[number] | undefined): string {
  if (typeof part !== 'string' || !part.startsWith('"')) throw new Error('expected a string')
  return part.slice(1)
}
