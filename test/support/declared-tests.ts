import { type Node, parseTestFile, testFiles } from './syntax.ts'

/** A test as its file declares it. */
export interface DeclaredTest {
  /** Below `test/`. */
  readonly file: string
  /** Titles, those of the blocks around it first and its own last; what is computed in them is `%s`. */
  readonly titles: readonly string[]
}

/**
 * All tests that the files below `test/` declare, found without running them. A string that `row` matches is the title of a
 * test too, wherever it stands: tests made from a table are named by its rows.
 */
export const findTests = (row: RegExp): readonly DeclaredTest[] =>
  testFiles('.test.ts').flatMap((file) =>
    findTitles(parseTestFile(file), [], row).map((titles) => ({ file, titles })),
  )

function findTitles(node: unknown, around: readonly string[], row: RegExp): readonly (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return []
  const { type, callee, arguments: given } = node as Node
  const text = readText(node as Node)
  if (text !== undefined) return row.test(text) ? [[...around, text]] : []
  if (type !== 'CallExpression')
    return Object.values(node).flatMap((child: unknown) => findTitles(child, around, row))
  const [first, ...others] = given as readonly Node[]
  const title = first === undefined ? undefined : readText(first)
  const declares = title === undefined ? undefined : findRoot(callee as Node)
  const before = findTitles(callee, around, row)
  if (declares === 'describe') return [...before, ...findTitles(others, [...around, title!], row)]
  if (declares === 'it' || declares === 'test') return [...before, [...around, title!]]
  return [...before, ...findTitles(given, around, row)]
}

function readText({ type, value, quasis }: Node): string | undefined {
  if (type === 'Literal' && typeof value === 'string') return value
  if (type !== 'TemplateLiteral') return undefined
  return (quasis as readonly { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('%s')
}

/** The name that a callee begins with: `it` of `it.skipIf(...).each(...)`. */
function findRoot(node: Node): unknown {
  const inner = node['object'] ?? node['callee'] ?? node['tag']
  return inner === undefined ? node['name'] : findRoot(inner as Node)
}
