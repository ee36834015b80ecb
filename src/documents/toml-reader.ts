import { parse, TomlError } from 'smol-toml'

import { printable } from '../printable.ts'
import { type Problem, type SourceNode, toSourceNode } from './source-node.ts'

/** In UTF-16 code units. */
export const TOML_TEXT_LIMIT = 128 * 1024
const DEPTH_LIMIT = 32

/**
 * A TOML document as nodes; undefined if `problems` has what is wrong with it. The parser tells positions of syntax errors only, so the
 * nodes are found by their paths.
 */
export function readToml(text: string, file: string, problems: Problem[]): SourceNode | undefined {
  const name = printable(file)
  if (text.length > TOML_TEXT_LIMIT) {
    const message = `the text has ${text.length} characters, expected at most ${TOML_TEXT_LIMIT}`
    problems.push({ at: `${name}:1:1`, path: '', message })
    return undefined
  }
  try {
    const document = parse(text, { maxDepth: DEPTH_LIMIT, unsafeKeyBehaviour: 'throw' })
    if (!isTooDeep(document)) return toSourceNode(document, name)
    problems.push({ at: `${name}:1:1`, path: '', message: `nested more than ${DEPTH_LIMIT} levels deep` })
    return undefined
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const message = printable(error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, ''))
    problems.push({ at: `${name}:${error.line}:${error.column}`, path: '', message })
    return undefined
  }
}

/** The parser bounds the depth of values, but not that of tables with dotted names. */
function isTooDeep(document: object): boolean {
  let level: readonly object[] = [document]
  for (let depth = 0; depth <= DEPTH_LIMIT; depth++)
    level = level.flatMap((value) =>
      Object.values(value).filter((child) => typeof child === 'object' && child !== null),
    )
  return level.length > 0
}
