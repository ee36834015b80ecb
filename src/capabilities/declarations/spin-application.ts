import {
  type Fields,
  type Problems,
  type Read,
  readFields,
  readFlag,
  readList,
  readText,
  report,
} from '../../documents/fields.ts'
import type { MapNode, SourceNode } from '../../documents/source-node.ts'
import { readToml } from '../../documents/toml-reader.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import type { GrantKey } from '../manifest/grant-table.ts'
import { AllowanceList, translateName, translatePath, type Translation } from './declaration-reader.ts'
import { type Declaration, invalidDeclaration } from './declaration.ts'
import { translateHttpHost, translateOutboundHost } from './spin-host.ts'

/** The components of a `spin.toml` of version 2: https://spinframework.dev/manifest-reference */
export interface SpinApplication {
  readonly file: string
  readonly components: readonly SpinComponent[]
}

export interface SpinComponent {
  readonly name: string
  /** The path of its module beside the file; absent if the source is elsewhere. */
  readonly source?: string
  readonly servesHttp: boolean
  readonly node: MapNode
}

const APPLICATION = ['spin_manifest_version', 'application', 'variables', 'trigger', 'component']

/** What the fields of a component say of permissions, and nothing else in an application does. */
const COMPONENT = [
  'source',
  'description',
  'variables',
  'environment',
  'files',
  'exclude_files',
  'allowed_http_hosts',
  'allowed_outbound_hosts',
  'key_value_stores',
  'sqlite_databases',
  'ai_models',
  'targets',
  'build',
  'tool',
  'dependencies_inherit_configuration',
  'dependencies',
  'profile',
]

/** What Spin links into every component. What it reaches is up to the component's table. */
const PROVIDES = [
  'stdio',
  'clocks',
  'random',
  'args',
  'cwd',
  'exit',
  'env',
  'filesystem',
  'http.outgoing',
  'sockets',
  'config',
  'keyvalue',
  'messaging',
  'database',
  'nn.graphs',
]

/** Throws DECLARATION_INVALID with every problem that is in the application as a whole. */
export function parseSpinApplication(text: string, file: string): SpinApplication {
  const problems: Problems = []
  const document = readToml(text, file, problems)
  const components = document && readComponents(document, problems)
  if (problems.length > 0 || components === undefined)
    throw invalidDeclaration(file, problems, 'Spin application')
  return { file, components }
}

const findValue = (node: SourceNode | undefined, key: string): SourceNode | undefined =>
  node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined

function readComponents(document: SourceNode, problems: Problems): readonly SpinComponent[] | undefined {
  const version = findValue(document, 'spin_manifest_version')
  if (version?.kind !== 'scalar' || version.value !== 2)
    return report(problems, version ?? document, 'is not spin_manifest_version = 2, the version that is read')
  readFields(document, APPLICATION, problems)
  const components = findValue(document, 'component')
  if (components?.kind !== 'map')
    return report(problems, components ?? document, 'has no table [component.NAME], expected one')
  const serving = listServing(findValue(document, 'trigger'))
  return components.entries.flatMap(({ key, value }) => {
    if (value.kind !== 'map' || !/^[A-Za-z][\w-]{0,100}$/.test(key)) {
      problems.push({
        at: value.at,
        path: '',
        message: `component ${quoted(key.slice(0, 80))} is no table with a name`,
      })
      return []
    }
    const source = findValue(value, 'source')
    return [
      {
        name: key,
        servesHttp: serving.has(key),
        ...(source?.kind === 'scalar' && typeof source.value === 'string' ? { source: source.value } : {}),
        node: value,
      },
    ]
  })
}

/** The components that triggers of HTTP name. */
function listServing(triggers: SourceNode | undefined): ReadonlySet<string> {
  const http = findValue(triggers, 'http')
  const named = (http?.kind === 'list' ? http.items : []).map((trigger) => findValue(trigger, 'component'))
  return new Set(
    named.flatMap((node) => (node?.kind === 'scalar' && typeof node.value === 'string' ? [node.value] : [])),
  )
}

/**
 * The component of that name, else the one whose source `isModule` says is the module, else the only one. Throws USAGE, with the names
 * of all, if none of this chooses one.
 */
export function chooseComponent(
  { file, components }: SpinApplication,
  name: string | undefined,
  isModule: (source: string) => boolean,
): SpinComponent {
  const names = components.map((component) => component.name).map(quoted)
  if (name !== undefined) {
    const named = components.find((component) => component.name === name)
    if (named !== undefined) return named
    throw new WasmpackError('USAGE', `${file} has no component ${quoted(name)}`, {
      hint: `its components are ${names.join(', ')}`,
    })
  }
  const matching = components.filter(({ source }) => source !== undefined && isModule(source))
  if (matching.length === 1) return matching[0]!
  if (components.length === 1) return components[0]!
  throw new WasmpackError('USAGE', `${file} has ${components.length} components: ${names.join(', ')}`, {
    hint: 'name the one that the module is with --component NAME',
  })
}

/** What a component is allowed. Throws DECLARATION_INVALID with every problem in its table. */
export function readSpinComponent({ node, servesHttp }: SpinComponent, file: string): Declaration {
  const problems: Problems = []
  const list = new AllowanceList()
  const fields = readFields(node, COMPONENT, problems)
  if (fields !== undefined) readPermissions(node, fields, list, problems)
  if (problems.length > 0) throw invalidDeclaration(file, problems, 'Spin application')
  if (servesHttp)
    list.allowances.push({
      at: node.at,
      path: 'trigger.http',
      value: node.path.replace(/^component\./, ''),
      offers: [{ grant: 'http.incoming' }],
    })
  return { runtime: 'Spin', file, provides: PROVIDES, ...list }
}

function readPermissions(node: MapNode, fields: Fields, list: AllowanceList, problems: Problems): void {
  const translateItems = (key: string, translate: (text: string) => Translation): void => {
    fields.optional(key, readList(translateEach(translate)))
  }
  const translateEach =
    (translate: (text: string) => Translation): Read<string> =>
    (value) => {
      const text = readText(value, problems)
      if (text !== undefined) list.add(value, text, translate(text), problems)
      return text
    }
  const translateKeys = (key: string, grant: GrantKey): void => {
    const table = findValue(node, key)
    if (table === undefined) return
    if (table.kind !== 'map') return report(problems, table, 'is no table, expected one')
    for (const entry of table.entries)
      list.add(entry.value, entry.key, translateName(entry.key, [grant]), problems)
  }
  translateItems('allowed_outbound_hosts', translateOutboundHost)
  translateItems('allowed_http_hosts', translateHttpHost)
  translateItems('key_value_stores', (name) => translateName(name, ['keyvalue']))
  translateItems('sqlite_databases', (name) => translateName(name, ['database.sqlite']))
  translateItems('ai_models', (name) => translateName(name, ['nn.graphs']))
  translateKeys('environment', 'env')
  translateKeys('variables', 'config')
  fields.optional('files', readList(readMount(list)))
  translateItems('exclude_files', () => ({
    unexpressed: 'a grant is a whole directory: leave these files out of what is mounted',
  }))
  fields.optional('dependencies_inherit_configuration', readFlag)
  for (const key of ['dependencies', 'profile'] as const) {
    const value = findValue(node, key)
    if (value?.kind === 'map' && value.entries.length > 0)
      list.add(
        value,
        value.entries.map((entry) => entry.key).join(', '),
        { unexpressed: UNREAD[key] },
        problems,
      )
  }
}

const UNREAD = {
  dependencies: 'it is code of other components, which the module does not hold: compose them first',
  profile: 'another build than the default one is not read',
}

/** Files are copied to the root of the component, or a directory to where its entry says; they are only read. */
const readMount =
  (list: AllowanceList): Read<string> =>
  (value, problems) => {
    if (value.kind !== 'map') {
      const pattern = readText(value, problems)
      if (pattern !== undefined) list.add(value, pattern, translatePath(pattern, 'ro'), problems)
      return pattern
    }
    const fields = readFields(value, ['source', 'destination'], problems)
    const source = fields?.required('source', readText)
    const destination = fields?.required('destination', readText)
    if (source === undefined || destination === undefined) return undefined
    list.add(value, `${source} as ${destination}`, translatePath(destination, 'ro'), problems)
    return value.path
  }
