import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { parseAst } from 'vitest/node'

/** Of ESTree: https://github.com/estree/estree. */
export type Node = Readonly<Record<string, unknown>>

const TEST = join(import.meta.dirname, '..')

/** The TypeScript files below `test/` whose paths end so, sorted. */
export const testFiles = (ending = '.ts'): readonly string[] =>
  readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort()

/** The syntax tree of a file below `test/`. */
export const parseTestFile = (file: string): Node =>
  parseAst(readFileSync(join(TEST, file), 'utf8'), { lang: 'ts' }) as unknown as Node

/** A node and all below it. */
export function* nodesIn(node: unknown): Generator<Node> {
  if (typeof node !== 'object' || node === null) return
  if (!Array.isArray(node)) yield node as Node
  for (const child of Object.values(node)) yield* nodesIn(child)
}
