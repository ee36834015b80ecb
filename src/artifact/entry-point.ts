import { posix } from 'node:path'

import { isRecord } from '../json.ts'
import type { FileTree } from './file-tree.ts'
import { malformedDocument, parseDocument, refuseOtherCase } from '../oci/document.ts'

const WHERE = 'the image config'
const FIELDS = ['Entrypoint', 'Cmd', 'WorkingDir'] as const

/** Files that hosts run or load: an argument that names another one than the module names a program beside it. */
const PROGRAM = /\.(?:wasm|wat|wast|cwasm|aot|so)$/i

/**
 * Throws ARTIFACT_MALFORMED unless what a runtime starts by the config of an image is the module at the path, as `PATH` or
 * `PATH#FUNCTION`: the first word of Entrypoint, else of Cmd. Without both the runtime finds the only module. A first word without a
 * slash is looked up in PATH too, so no other file may have that name; no entry may have the path with the function, or without it, beside
 * the module; and no further word may name another program.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
export function requireEntryPoint(
  bytes: Uint8Array,
  modulePath: string | undefined,
  names: Pick<FileTree, 'has' | 'isOnlyName'>,
): void {
  const image = parseDocument(bytes, WHERE)
  refuseOtherCase(image, ['config'], WHERE)
  const config = image['config'] ?? {}
  if (!isRecord(config)) throw malformedDocument(WHERE, 'has a config that is not an object')
  refuseOtherCase(config, FIELDS, WHERE)
  const [program, ...words] = [...readWords(config, 'Entrypoint'), ...readWords(config, 'Cmd')]
  if (program === undefined) return
  const directory = config['WorkingDir'] ?? '/'
  if (typeof directory !== 'string') throw malformedDocument(WHERE, 'has a WorkingDir that is not a string')
  const resolve = (path: string): string => posix.resolve('/', directory, path).slice(1)
  const namesModule = (word: string): boolean => {
    const meant = [word, omitFunction(word)].map(resolve)
    return (
      modulePath !== undefined &&
      meant.includes(modulePath) &&
      meant.every((path) => path === modulePath || !names.has(path))
    )
  }
  const refuse = (problem: string): Error =>
    malformedDocument(
      WHERE,
      `${problem}, which is not the module of the image${modulePath === undefined ? '' : `, ${quoteShort(modulePath)}`}`,
    )
  if (!namesModule(program)) throw refuse(`starts ${quoteShort(program)}`)
  if (!program.includes('/') && ![program, omitFunction(program)].every((name) => names.isOnlyName(name)))
    throw malformedDocument(WHERE, `starts ${quoteShort(program)}, and several files have that name`)
  const other = words.find((word) => PROGRAM.test(omitFunction(word)) && !namesModule(word))
  if (other !== undefined) throw refuse(`passes ${quoteShort(other)} as an argument`)
}

/** `PATH#FUNCTION` without the function. */
const omitFunction = (word: string): string => word.split('#', 1)[0]!

const quoteShort = (text: string): string => JSON.stringify(text.slice(0, 80))

function readWords(
  config: Readonly<Record<string, unknown>>,
  field: 'Entrypoint' | 'Cmd',
): readonly string[] {
  const words = config[field] ?? []
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
  throw malformedDocument(WHERE, `has a ${field} that is not a list of strings`)
}
