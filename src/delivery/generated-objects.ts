import { readProgramEnvironment } from '../config/program-environment.ts'
import { EDITABLE_TEXT_LIMIT, EditableYaml } from '../documents/editable-yaml.ts'
import { WasmpackError } from '../errors.ts'
import { checkObject } from '../gitops/references/check-object.ts'
import { listObjects } from '../gitops/references/find-references.ts'
import { printable } from '../printable.ts'
import { runBounded } from '../processes/bounded-process.ts'
import { redactWords } from '../redacted.ts'
import { listObjectFiles, type ObjectFile, parseObjectFile, readObjectFile } from './files/object-files.ts'

/** In milliseconds; the run has a limit of its own. */
const COMMAND_TIMEOUT = 10 * 60 * 1000
const COMPLAINTS_LIMIT = 1024 * 1024
const SHOWN_COMPLAINT = 400

/** The objects of a directory, from its files. */
export async function readObjectsOfDirectory(
  directory: string,
  exclude: readonly string[],
  signal: AbortSignal,
): Promise<readonly ObjectFile[]> {
  const files: ObjectFile[] = []
  for (const path of await listObjectFiles([directory], exclude, signal))
    files.push(await readObjectFile(path, signal))
  return files
}

/**
 * The objects that a command writes, such as `kustomize build .`, without a shell and in the directory. Throws FILE_UNREADABLE if it
 * fails, with what it said last.
 */
export async function runGenerator(
  [program, ...args]: readonly [string, ...string[]],
  directory: string,
  signal: AbortSignal,
): Promise<ObjectFile> {
  const outcome = await runBounded(program, args, '', {
    timeout: COMMAND_TIMEOUT,
    output: EDITABLE_TEXT_LIMIT,
    errors: COMPLAINTS_LIMIT,
    signal,
    directory,
    env: readProgramEnvironment(/^(?:HELM|KUSTOMIZE|XDG|KUBE_VERSION|KUBE_API_VERSIONS)/),
  })
  const name = printable([program, ...args].join(' '))
  if (!('problem' in outcome) && outcome.status === 0)
    return parseObjectFile(name, Buffer.from(outcome.output))
  const why =
    'problem' in outcome
      ? outcome.problem
      : `ended with ${outcome.status}: ${printable(redactWords(outcome.errors.trim()).slice(-SHOWN_COMPLAINT))}`
  throw new WasmpackError('FILE_UNREADABLE', `${name} ${why}`, { hint: 'run the same command by itself' })
}

/**
 * All objects as one text of YAML documents. Throws FILE_UNREADABLE for a document that is no object, and where there is none: what
 * deploys the output would delete everything.
 */
export function joinObjects(files: readonly ObjectFile[]): string {
  let count = 0
  for (const { path, yaml } of files)
    for (const document of yaml.documents) {
      count += listObjects(document).length
      for (const problem of checkObject(document))
        throw new WasmpackError('FILE_UNREADABLE', `${path} ${problem}`, {
          hint: 'every document has to be an object with apiVersion, kind and metadata.name',
        })
    }
  if (count === 0)
    throw new WasmpackError('FILE_UNREADABLE', 'found no object', {
      hint: 'an empty result would delete everything that was deployed before',
    })
  const text = files
    .map(({ yaml }) =>
      yaml
        .toString()
        .replace(/^\uFEFF/, '')
        .replace(/\n*$/, '\n'),
    )
    .join('---\n')
  const documents = files.flatMap(({ yaml }) => yaml.documents).length
  // A directive or an end marker in one text could change what another one means.
  if (new EditableYaml('the objects', text).documents.length !== documents)
    throw new WasmpackError('FILE_UNREADABLE', 'the files cannot be joined to one stream of documents', {
      hint: 'leave out directives (%YAML) and document ends (...)',
    })
  return text
}
