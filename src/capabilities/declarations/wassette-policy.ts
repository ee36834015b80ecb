import {
  type Problems,
  type Read,
  readChoice,
  readFields,
  readList,
  readText,
  report,
} from '../../documents/fields.ts'
import type { SourceNode } from '../../documents/source-node.ts'
import { YamlReader } from '../../documents/yaml-reader.ts'
import { quoted } from '../../printable.ts'
import type { ResourceLimits } from '../manifest/constraints.ts'
import { AllowanceList, translateName, translatePath, type Translation } from './declaration-reader.ts'
import { type Declaration, invalidDeclaration } from './declaration.ts'
import { createOverlapFinder, overlapsPath, translateWassetteHost } from './wassette-network.ts'

/** What wassette links into every component. */
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
]

/**
 * What a policy of version 1 allows: https://microsoft.github.io/wassette/latest/reference/permissions.html. Throws DECLARATION_INVALID
 * with every problem in it.
 */
export function parseWassettePolicy(text: string, file: string): Declaration {
  const reader = new YamlReader(file)
  const [document, ...more] = reader.read(text)
  const problems: Problems = reader.problems
  for (const { at } of more) problems.push({ at, path: '', message: 'found a second document, expected one' })
  if (document === undefined && problems.length === 0) reader.report(reader.positionAt(0), 'found no policy')
  const list = new AllowanceList()
  const limits = document && problems.length === 0 ? readPolicy(document, list, problems) : undefined
  if (problems.length > 0) throw invalidDeclaration(file, problems, 'wassette policy')
  return {
    runtime: 'wassette',
    file,
    provides: PROVIDES,
    ...list,
    ...(limits === undefined ? {} : { limits }),
  }
}

const readVersion: Read<string> = (value, problems) => {
  const text = readText(value, problems)
  return text === undefined || /^1\.\d+$/.test(text)
    ? text
    : report(problems, value, 'is not 1.0, the version that is read')
}

function readPolicy(
  document: SourceNode,
  list: AllowanceList,
  problems: Problems,
): ResourceLimits | undefined {
  const fields = readFields(document, ['$schema', 'version', 'description', 'permissions'], problems)
  fields?.required('version', readVersion)
  return fields?.required('permissions', (value) => readPermissions(value, list, problems)) ?? undefined
}

const isEmpty = (value: SourceNode): boolean => value.kind === 'scalar' && value.value === null

function readPermissions(
  value: SourceNode,
  list: AllowanceList,
  problems: Problems,
): ResourceLimits | undefined {
  if (isEmpty(value)) return undefined
  const known = ['storage', 'network', 'environment', 'runtime', 'resources', 'ipc']
  const fields = readFields(value, known, problems)
  fields?.optional('storage', (node) => readStorage(node, list, problems))
  fields?.optional('network', (node) => readNetwork(node, list, problems))
  fields?.optional('environment', (node) => readEnvironment(node, list, problems))
  for (const key of ['runtime', 'ipc'])
    fields?.optional(key, (node) => {
      if (!isEmpty(node)) list.add(node, '...', { unexpressed: 'no grant is for it' }, problems)
    })
  return fields?.optional('resources', (node) => readResources(node, list, problems))
}

interface Rules<T> {
  readonly allow: readonly T[]
  readonly deny: readonly T[]
}

/** Of each list, since every permission is compared with everything that is denied. */
const RULE_LIMIT = 500

/** The lists of one kind of permission; either may be empty or absent. */
function readRules<T>(
  value: SourceNode,
  read: Read<T>,
  problems: Problems,
  known = ['allow', 'deny'],
): Rules<T> {
  if (isEmpty(value)) return { allow: [], deny: [] }
  const readOptional: Read<T[]> = (node) => {
    if (isEmpty(node)) return []
    if (node.kind === 'list' && node.items.length > RULE_LIMIT)
      return report(problems, node, `has ${node.items.length} entries, expected at most ${RULE_LIMIT}`)
    return readList(read)(node, problems)
  }
  const fields = readFields(value, known, problems)
  return {
    allow: fields?.optional('allow', readOptional) ?? [],
    deny: fields?.optional('deny', readOptional) ?? [],
  }
}

interface StorageRule {
  readonly node: SourceNode
  readonly uri: string
  readonly access: readonly ('read' | 'write')[]
}

const readStorageRule: Read<StorageRule> = (node, problems) => {
  const fields = readFields(node, ['uri', 'access'], problems)
  const uri = fields?.required('uri', readText)
  const access = fields?.required('access', readList(readChoice(['read', 'write']), { filled: true }))
  return uri === undefined || access === undefined ? undefined : { node, uri, access }
}

function readStorage(value: SourceNode, list: AllowanceList, problems: Problems): void {
  const { allow, deny } = readRules(value, readStorageRule, problems)
  for (const rule of allow) {
    const denied = deny.find(
      ({ uri, access }) => access.some((one) => rule.access.includes(one)) && overlapsPath(uri, rule.uri),
    )
    list.add(
      rule.node,
      rule.uri,
      denied === undefined ? translateStorage(rule) : exceptFor(denied.uri),
      problems,
    )
  }
}

const exceptFor = (denied: string): Translation => ({
  unexpressed: `${quoted(denied)} is denied within it, and grants have no exceptions`,
})

function translateStorage({ uri, access }: StorageRule): Translation {
  const path = /^fs:\/\/(.*)$/s.exec(uri)?.[1]
  if (path === undefined) return { unexpressed: 'wassette opens fs:// alone' }
  if (path.includes('$')) return { unexpressed: 'the path depends on where wassette runs' }
  if (!access.includes('read')) return { unexpressed: 'a directory that can be written to can be read too' }
  return translatePath(path, access.includes('write') ? 'rw' : 'ro')
}

type NetworkRule = { readonly node: SourceNode; readonly value: string } & (
  | { readonly kind: 'host' | 'cidr' }
  | { readonly kind: 'defaults' }
)

const readNetworkRule: Read<NetworkRule> = (node, problems) => {
  const fields = readFields(node, ['host', 'cidr', 'defaults'], problems)
  const host = fields?.optional('host', readText)
  const cidr = fields?.optional('cidr', readText)
  if (host !== undefined) return { node, kind: 'host', value: host }
  if (cidr !== undefined) return { node, kind: 'cidr', value: cidr }
  return fields && { node, kind: 'defaults', value: 'defaults' }
}

function readNetwork(value: SourceNode, list: AllowanceList, problems: Problems): void {
  const { allow, deny } = readRules(value, readNetworkRule, problems)
  for (const { node, value: host } of deny.filter(({ kind }) => kind !== 'host'))
    list.add(
      node,
      host,
      { unexpressed: 'a host that is granted by its name may have such an address' },
      problems,
    )
  const findDenied = createOverlapFinder(
    deny.filter(({ kind }) => kind !== 'defaults').map(({ value: denied }) => denied),
  )
  for (const rule of allow) {
    const denied = findDenied(rule.value)
    const translation = denied === undefined ? translateNetwork(rule) : exceptFor(denied)
    list.add(rule.node, rule.value, translation, problems)
  }
}

function translateNetwork({ kind, value }: NetworkRule): Translation {
  if (kind === 'defaults') return { unexpressed: 'wassette chooses these hosts: list those that are needed' }
  if (kind === 'host') return translateWassetteHost(value)
  return {
    offers: (['sockets.tcp', 'sockets.udp'] as const).map((grant) => ({ grant, item: `${value}:*` })),
  }
}

function readEnvironment(value: SourceNode, list: AllowanceList, problems: Problems): void {
  const readKey: Read<{ node: SourceNode; key: string }> = (node) => {
    const key = readFields(node, ['key'], problems)?.required('key', readText)
    return key === undefined ? undefined : { node, key }
  }
  for (const { node, key } of readRules(value, readKey, problems, ['allow']).allow)
    list.add(node, key, translateName(key, ['env', 'config']), problems)
}

const PAGE = 65_536
const UNITS: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/** `limits.memory` in units of Kubernetes, or `memory` in megabytes, which wassette keeps; nothing keeps the others. */
function readResources(
  value: SourceNode,
  list: AllowanceList,
  problems: Problems,
): ResourceLimits | undefined {
  if (isEmpty(value)) return undefined
  const fields = readFields(value, ['limits', 'cpu', 'memory', 'io'], problems)
  const dropped: Read<void> = (node) => list.add(node, '...', { unexpressed: 'no limit is for it' }, problems)
  fields?.optional('cpu', dropped)
  fields?.optional('io', dropped)
  const readMegabytes: Read<number> = (node) =>
    node.kind === 'scalar' && Number.isSafeInteger(node.value) && (node.value as number) > 0
      ? (node.value as number) * 2 ** 20
      : report(problems, node, 'is no number of megabytes')
  const legacy = fields?.optional('memory', readMegabytes)
  const limits = fields?.optional('limits', (node) => {
    const inner = readFields(node, ['cpu', 'memory'], problems)
    inner?.optional('cpu', dropped)
    return inner?.optional('memory', readQuantity)
  })
  const bytes = limits ?? legacy
  return bytes === undefined ? undefined : { memory: { maxPages: Math.floor(bytes / PAGE) } }
}

const readQuantity: Read<number> = (node, problems) => {
  const [, digits, unit] =
    node.kind === 'scalar' ? (/^([1-9]\d{0,9})(Ki|Mi|Gi|)$/.exec(String(node.value)) ?? []) : []
  const bytes = digits === undefined ? 0 : Number(digits) * UNITS[unit!]!
  return bytes >= PAGE
    ? bytes
    : report(problems, node, 'is no amount of memory such as 512Mi, of at least 64Ki')
}
