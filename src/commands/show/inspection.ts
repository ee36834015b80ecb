import { classRule, type CapabilityClass, type Risk } from '../../capabilities/classes.ts'
import { requestedImports } from '../../capabilities/classify.ts'
import { printable } from '../../printable.ts'
import { formatSize } from '../../ui/progress.ts'
import type { ComponentExport, CoreExport, Inspection } from '../../wasm/inspection.ts'

interface Group {
  readonly class: CapabilityClass | 'unknown'
  readonly risk: Risk | 'unknown'
  readonly meaning: string
  readonly imports: readonly string[]
}

const RISKS: readonly Group['risk'][] = ['unknown', 'high', 'medium', 'low', 'none']

/** What is asked of the host, by capability, the riskiest first. A WIT package asks for nothing. */
function groupImports(inspection: Inspection): readonly Group[] {
  if (inspection.kind === 'wit') return []
  const groups = new Map<Group['class'], string[]>()
  for (const request of requestedImports(inspection)) {
    const name = request.class ?? 'unknown'
    const group = groups.get(name)
    if (group) group.push(request.shown)
    else groups.set(name, [request.shown])
  }
  return [...groups]
    .map(([name, imports]): Group => {
      if (name === 'unknown')
        return { class: name, risk: 'unknown', meaning: 'ask its host for what no rule knows', imports }
      const { risk, meaning } = classRule(name)
      return { class: name, risk, meaning, imports }
    })
    .sort((one, other) => RISKS.indexOf(one.risk) - RISKS.indexOf(other.risk))
}

/** The inspection as `--format json` shows it. */
export const inspectionJson = (inspection: Inspection): Record<string, unknown> => ({
  ...inspection,
  capabilities: groupImports(inspection),
})

const SHOWN = 8

/** The inspection for people; `more` are lines about the artifact around it. */
export function describeInspection(
  name: string,
  inspection: Inspection,
  more: readonly string[] = [],
): string {
  const kind = { module: 'core module', component: 'component', wit: 'WIT package' }[inspection.kind]
  const nested =
    inspection.kind === 'component' && inspection.nested.modules > 0
      ? `, ${inspection.nested.modules} core ${inspection.nested.modules === 1 ? 'module' : 'modules'} inside`
      : ''
  const tools = Object.values(inspection.producers).flatMap((field) =>
    Object.entries(field).map(([tool, version]) => printable(`${tool} ${version}`.trim())),
  )
  const exports = exportNames(inspection)
  const groups = groupImports(inspection)
  const imports = groups.flatMap(({ class: name, risk, meaning, imports }) =>
    [`  ${name}  [risk: ${risk}]  it can ${meaning}`].concat(
      shortened(imports).map((line) => `      ${line}`),
    ),
  )
  return [
    name,
    `  kind          ${kind}, ${formatSize(inspection.size)}${nested}`,
    ...(tools.length > 0 ? [`  toolchain     ${[...new Set(tools)].join(', ')}`] : []),
    ...limitLines(inspection),
    ...more,
    imports.length > 0 ? 'imports' : inspection.kind === 'wit' ? 'no code: types only' : 'imports nothing',
    ...imports,
    exports.length > 0 ? 'exports' : 'exports nothing',
    ...shortened(exports).map((line) => `  ${line}`),
  ].join('\n')
}

function limitLines(inspection: Inspection): readonly string[] {
  if (inspection.kind !== 'module') return []
  const memories = inspection.memories.map(({ min, max, shared, imported }) => {
    const limit = max === undefined ? 'no maximum' : `at most ${formatSize(max * PAGE)}`
    return `${formatSize(min * PAGE)} at start, ${limit}${shared ? ', shared' : ''}${imported ? ', imported' : ''}`
  })
  return [
    ...(memories.length > 0 ? [`  memory        ${memories.join('; ')}`] : []),
    ...(inspection.hasStart ? ['  start         runs code when it is instantiated'] : []),
  ]
}

const PAGE = 65_536

const exportNames = (inspection: Inspection): readonly string[] =>
  (inspection.exports as readonly (string | CoreExport | ComponentExport)[]).map((found) =>
    printable(typeof found === 'string' ? found : `${found.name} (${found.kind})`),
  )

const shortened = (lines: readonly string[]): readonly string[] =>
  lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN - 1), `and ${lines.length - SHOWN + 1} more`]
