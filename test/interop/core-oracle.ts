import type { CoreKind } from '../../src/wasm/types/inspection.ts'
import { type Expression, headed, lists, string, words } from './wat.ts'

type CoreListed = { module: string; name: string; kind: CoreKind; type: string }

/** Of the text format, quoted ones too. */
const IDENTIFIER = /\$(?:"(?:[^"\\]|\\.)*"|[^\s()"]+)/g
/** The usual size of a page, which needs no mention. */
const PAGE = 65_536

const CORE_KINDS: ReadonlySet<string> = new Set(['func', 'table', 'memory', 'global', 'tag'])
/** What a `(module ..)` or `(core module ..)` imports. */
export function moduleImports(module: Expression): CoreListed[] {
  const types = coreTypes(module)
  return headed(lists(module), 'import').flatMap((field) => coreImports(field, types))
}

/** The types of a module by index, and what their identifiers stand for. */
interface CoreTypes {
  readonly definitions: readonly Expression[]
  readonly indices: ReadonlyMap<string, string>
}

function coreTypes(module: Expression): CoreTypes {
  const groups = lists(module).filter(([head]) => head === 'type' || head === 'rec')
  const definitions = groups.flatMap((group) => (group[0] === 'rec' ? headed(lists(group), 'type') : [group]))
  const indices = definitions.map(([, identifier], index) => [String(identifier), String(index)] as const)
  return { definitions, indices: new Map(indices.filter(([identifier]) => identifier.startsWith('$'))) }
}

/** Of `(import "m" "n" (func ..))`, `(import "m" (item "n" (func ..))..)` or `(import "m" (item "n").. (func ..))`. */
function coreImports(field: Expression, types: CoreTypes): CoreListed[] {
  const module = string(field[1])
  const items = headed(lists(field), 'item')
  const entity = lists(field).find(isEntity)
  if (items.length === 0 && typeof field[2] !== 'string') return [] // a compact group may be empty
  if (items.length === 0) return [{ module, name: string(field[2]), ...describe(entity, types) }]
  return items.map((item) => {
    const { kind, type } = describe(entity ?? lists(item).find(isEntity), types)
    return { module, name: string(item[1]), kind, type }
  })
}

/** Whether it is the `(func ..)`, `(memory ..)` and so on of an import or export. */
export const isEntity = ([head]: Expression): boolean => CORE_KINDS.has(String(head))

function describe(
  entity: Expression | undefined,
  types: CoreTypes,
): { readonly kind: CoreKind; readonly type: string } {
  if (!entity) throw new Error('an import without a type')
  const kind = entity[0] as CoreKind
  const spelled = words(entity).map((word) => withIndices(word, types))
  switch (kind) {
    case 'func':
      return { kind, type: signature(entity, types) }
    case 'tag':
      return { kind, type: `tag ${signature(entity, types)}` }
    case 'global':
      return { kind, type: spelled.join(' ').replace(/^\(((?:shared|mut) .*)\)$/, '$1') }
    default:
      return { kind, type: `${kind} ${limits(spelled)}` }
  }
}

/** `(ref null $t)` to `(ref null 3)`. */
const withIndices = (word: string, { indices }: CoreTypes): string =>
  word.replace(IDENTIFIER, (identifier) => indices.get(identifier) ?? identifier)

/** `i64 1 2 shared` to `i64 1..2 shared`, as memories have it; tables are printed with `shared` in front. */
const limits = (words: readonly string[]): string =>
  [...words]
    .join(' ')
    .replace(/(?<!\S)(\d+) (\d+)/, '$1..$2')
    .replace(/^(i64 )?shared (\S+)/, '$1$2 shared')
    .replace(/ \(pagesize (0x[0-9a-f]+)\)/, (_, size: string) =>
      Number(size) === PAGE ? '' : ` (pagesize ${Number(size)})`,
    )

/** With its parameters beside it, or only with the index of its type; either may stand in `(exact ..)`. */
function signature(imported: Expression, types: CoreTypes): string {
  const entity = headed(lists(imported), 'exact')[0] ?? imported
  const written = lists(entity).filter(([head]) => head === 'param' || head === 'result')
  const parts = written.length > 0 ? written : signatureOf(headed(lists(entity), 'type')[0]?.[1], types)
  const listed = (head: string): string =>
    headed(parts, head)
      .flatMap(words)
      .map((word) => withIndices(word, types))
      .join(', ')
  return `(${listed('param')}) -> (${listed('result')})`
}

/** Of `(type (;0;) (func ..))`, which may stand in `(sub ..)` and `(shared ..)`. */
function signatureOf(
  reference: Expression[number] | undefined,
  { definitions, indices }: CoreTypes,
): Expression[] {
  const index = Number(indices.get(String(reference)) ?? reference)
  for (let open = lists(definitions[index] ?? []); open.length > 0; open = open.flatMap(lists)) {
    const [type] = headed(open, 'func')
    if (type) return lists(type)
  }
  return []
}
