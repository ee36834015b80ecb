import { posix } from 'node:path'

import { isRecord } from '../json.ts'
import { malformedDocument, parseDocument, refuseOtherCase } from '../oci/document.ts'

const WHERE = 'the image config'
const FIELDS = ['Entrypoint', 'Cmd', 'WorkingDir'] as const

/**
 * Throws ARTIFACT_MALFORMED unless what a runtime starts by the config of an image is the module at the path, as `PATH` or
 * `PATH#FUNCTION`: the first word of Entrypoint, else of Cmd. Without both the runtime finds the only module.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
export function requireEntryPoint(bytes: Uint8Array, modulePath: string | undefined): void {
  const image = parseDocument(bytes, WHERE)
  refuseOtherCase(image, ['config'], WHERE)
  const config = image['config'] ?? {}
  if (!isRecord(config)) throw malformedDocument(WHERE, 'has a config that is not an object')
  refuseOtherCase(config, FIELDS, WHERE)
  const [program] = [...readWords(config, 'Entrypoint'), ...readWords(config, 'Cmd')]
  if (program === undefined) return
  const directory = config['WorkingDir'] ?? '/'
  if (typeof directory !== 'string') throw malformedDocument(WHERE, 'has a WorkingDir that is not a string')
  const resolve = (path: string): string => posix.resolve('/', directory, path).slice(1)
  const [path] = program.split('#', 1) as [string]
  if (modulePath !== undefined && [program, path].some((one) => resolve(one) === modulePath)) return
  throw malformedDocument(
    WHERE,
    `starts ${JSON.stringify(program.slice(0, 80))}, which is not the module of the image${modulePath === undefined ? '' : `, ${JSON.stringify(modulePath.slice(0, 80))}`}`,
  )
}

function readWords(
  config: Readonly<Record<string, unknown>>,
  field: 'Entrypoint' | 'Cmd',
): readonly string[] {
  const words = config[field] ?? []
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
  throw malformedDocument(WHERE, `has a ${field} that is not a list of strings`)
}
