import type { Risk } from '../../capabilities/catalog/class-rule.ts'
import { getClassRule, type CapabilityClass } from '../../capabilities/catalog/classes.ts'
import {
  type CapabilityRequest,
  listCapabilityRequests,
  type RequestedImport,
  formatImportName,
} from '../../capabilities/catalog/classify.ts'
import { isStringConstant } from '../../capabilities/catalog/string-constants.ts'
import { describeImitation } from '../../capabilities/unknown/imitation.ts'
import { findProvider } from '../../capabilities/unknown/providers.ts'
import { printable } from '../../printable.ts'
import { foldText, wrapWords } from '../../ui/columns.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { countMore } from '../../listing.ts'

/** The imports and custom sections of one capability class. */
export interface RequestGroup {
  readonly class: CapabilityClass | 'unknown'
  readonly risk: Risk | 'unknown'
  /** Completes "it can ...". */
  readonly meaning: string
  readonly requests: readonly CapabilityRequest[]
}

const RISKS: readonly RequestGroup['risk'][] = ['unknown', 'high', 'medium', 'low', 'none']

/** The imports, and the custom sections that hosts run, by capability class, the highest risk first; unknown ones by their known provider. A WIT package has none. */
export function groupRequests(inspection: Inspection): readonly RequestGroup[] {
  if (inspection.kind === 'wit') return []
  const groups = new Map<string, CapabilityRequest[]>()
  for (const request of listCapabilityRequests(inspection)) {
    const key = request.class ?? describeUnknown(request)
    const group = groups.get(key)
    if (group) group.push(request)
    else groups.set(key, [request])
  }
  return [...groups.values()]
    .map((requests): RequestGroup => {
      const [first] = requests as [CapabilityRequest]
      if (first.class === undefined)
        return {
          class: 'unknown',
          risk: isStringConstant(first) ? 'none' : 'unknown',
          meaning: describeUnknown(first),
          requests,
        }
      const { risk, meaning } = getClassRule(first.class)
      return { class: first.class, risk, meaning, requests }
    })
    .sort((one, other) => RISKS.indexOf(one.risk) - RISKS.indexOf(other.risk))
}

/** The meaning of an import that has no class. */
function describeUnknown(request: RequestedImport): string {
  if (isStringConstant(request)) return 'use string constants of its host'
  const provider = request.from === 'core' ? findProvider(request.core) : undefined
  return provider === undefined
    ? 'call functions unknown to the catalogue'
    : `call functions provided by ${provider.name}`
}

const RISK_WIDTH = 9
const INDENT = 2 + RISK_WIDTH
const MAX_NAME_LINES = 3
const MAX_SOURCES = 6

/** The groups as text in 80 columns with their functions; a group without risk has only their number. */
export function describeRequests(groups: readonly RequestGroup[]): readonly string[] {
  return groups.flatMap(({ class: name, risk, meaning, requests }) => {
    const count = risk === 'none' ? `  (${requests.length})` : ''
    const title = name === 'unknown' ? meaning : `${name}: ${meaning}`
    const head = foldText(`  ${risk.padEnd(RISK_WIDTH)}`, `${title}${count}`, INDENT + 2)
    return risk === 'none' ? head : [...head, ...describeSources(requests), ...describeImitations(requests)]
  })
}

/** The functions by the module or interface that they are imported from. */
function describeSources(requests: readonly CapabilityRequest[]): readonly string[] {
  const sources = new Map<string, string[]>()
  for (const request of requests) {
    const { source, name } = splitImport(request)
    const names = sources.get(source)
    if (names) names.push(name)
    else sources.set(source, [name])
  }
  return [...sources]
    .slice(0, MAX_SOURCES)
    .flatMap(([source, names]) => {
      const first = ' '.repeat(INDENT) + source
      const own = names.filter((name) => name !== '')
      const line = `${first}  ${own.join(', ')}`.trimEnd()
      return line.length <= 80
        ? [line]
        : [first].concat(wrapWords(own, { indent: INDENT + 2, lines: MAX_NAME_LINES }))
    })
    .concat(countMore(sources.size - MAX_SOURCES).map((line) => ' '.repeat(INDENT) + line))
}

const MAX_IMITATIONS = 10

function describeImitations(requests: readonly CapabilityRequest[]): readonly string[] {
  const lines = requests.flatMap((request) => {
    const imitation = request.class === undefined ? describeImitation(request) : undefined
    return imitation === undefined ? [] : [`${' '.repeat(INDENT)}! ${request.shown}: ${imitation}`]
  })
  const more = countMore(lines.length - MAX_IMITATIONS, ' like these')
  return lines.slice(0, MAX_IMITATIONS).concat(more.map((line) => `${' '.repeat(INDENT)}! ${line}`))
}

const MAX_NAME_LENGTH = 100

const truncateName = (name: string): string =>
  printable(name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}...` : name)

/** Splits an import into its source and its name, which is empty for an interface that has only types. */
function splitImport(request: CapabilityRequest): { readonly source: string; readonly name: string } {
  if (request.from === 'section') return { source: truncateName(request.shown), name: '' }
  if (request.from === 'core') {
    const { module, name, kind } = request.core
    return {
      source: formatImportName(module, MAX_NAME_LENGTH),
      name: formatImportName(name, MAX_NAME_LENGTH) + (kind === 'func' ? '' : ` (${kind})`),
    }
  }
  const target = request.labelled
    ? `${request.label} (implements ${request.interface})`
    : request.kind === 'instance' || request.kind === 'type'
      ? request.interface
      : `${request.interface} (${request.kind})`
  return { source: truncateName(target), name: truncateName(request.function ?? '') }
}
