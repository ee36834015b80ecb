import type { Finding } from '../../capabilities/evaluate/finding.ts'
import type { Reporter } from '../../ui/reporter.ts'
import { wrapWords } from '../../ui/columns.ts'
import { countMore } from '../../listing.ts'
import { IN_JSON } from './in-json.ts'

const MAX_GROUPS = 100
const MAX_NAME_LINES = 4

/** Findings as text: imports with the same finding are grouped, at most 100 groups are shown. */
export function describeFindings(findings: readonly Finding[]): readonly string[] {
  const groups = groupFindings(findings)
  const left = groups.slice(MAX_GROUPS).reduce((sum, group) => sum + group.length, 0)
  return [
    ...groups.slice(0, MAX_GROUPS).flatMap(describeGroup),
    ...countMore(left, IN_JSON).map((line) => `  ${line}`),
  ]
}

/** With `--debug`: the offset of each import in the binary. */
export function debugOffsets(reporter: Reporter, findings: readonly Finding[]): void {
  for (const { import: name, offset } of findings.slice(0, MAX_GROUPS))
    if (name !== undefined && offset !== undefined)
      reporter.debug?.(`${name} is imported at byte ${offset}, 0x${offset.toString(16)}`)
}

function groupFindings(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  const groups = new Map<string, [Finding, ...Finding[]]>()
  for (const [index, finding] of findings.entries()) {
    const key = JSON.stringify(findGroupKey(finding) ?? index)
    const group = groups.get(key)
    if (group) group.push(finding)
    else groups.set(key, [finding])
  }
  return [...groups.values()]
}

/** Findings with the same key form a group; undefined for a finding of its own. */
function findGroupKey({ severity, rule, import: name, message }: Finding): readonly string[] | undefined {
  if (name === undefined || !message.startsWith(name)) return undefined
  // Known imports are grouped by class, unknown ones by the module or interface that they come from.
  const source = rule === 'not-granted' ? '' : parseImportSource(name)
  return [severity, rule, message.slice(name.length), source]
}

/** A core module, which may be in quotes, or an interface. */
const parseImportSource = (name: string): string =>
  /^(?:"(?:[^"\\]|\\.)*"|[^#]*(?=#)|[^.]*(?=\.))/.exec(name)?.[0] ?? ''

function describeGroup([first, ...others]: readonly [Finding, ...Finding[]]): readonly string[] {
  const mark = first.severity === 'error' ? 'denied' : first.rule === 'unused-grant' ? 'unused' : 'warned'
  const line = (text: string): string => `  ${mark}  ${text}`
  if (others.length === 0) return [line(first.message), ...describeGrant(first.grant)]
  const all = [first, ...others]
  const names = all.map(({ import: name }) => name!)
  return [
    line(`${all.length} imports${describeSource(first)}${toPlural(first)}`),
    ...wrapWords([...new Set(names)], { indent: 12, lines: MAX_NAME_LINES }),
    ...describeGrants(all),
  ]
}

const describeSource = ({ rule, import: name }: Finding): string => {
  const source = parseImportSource(name!)
  return rule === 'not-granted' || source === '' ? '' : ` of ${source}`
}

/** The message without the name at its start, in the plural. */
const toPlural = ({ import: name, message }: Finding): string =>
  message
    .slice(name!.length)
    .replace(/^ lets the module /, ' let the module ')
    .replace(/^ is /, ' are ')
    .replace(/^ has /, ' have ')

function describeGrants(all: readonly Finding[]): readonly string[] {
  const grants = new Set(all.flatMap(({ grant }) => (grant === undefined ? [] : [grant])))
  const [first] = grants
  const more = grants.size - 1
  return [
    ...describeGrant(first),
    ...(more > 0 ? [`          and ${more} more: wasmpack init lists them all`] : []),
  ]
}

const describeGrant = (grant: string | undefined): readonly string[] =>
  grant === undefined ? [] : [`          to allow it: ${grant}`]
