import type { Finding } from '../../capabilities/evaluate/finding.ts'
import type { Verdict } from '../../capabilities/evaluate/verdict.ts'
import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { alignColumns } from '../../ui/columns.ts'
import type { Reporter } from '../../ui/reporter.ts'
import { describeFindings, debugOffsets } from './findings.ts'

/** The verdict as `--format json` shows it. */
export const toVerdictJson = (verdict: Verdict): Record<string, unknown> => ({
  allowed: verdict.allowed,
  findings: verdict.findings,
  grants: verdict.grants,
  limits: verdict.limits,
})

/** What an accepted module was held to: files that allow it, and targets that it fits. */
export interface AcceptedBy {
  readonly allowing: readonly string[]
  readonly fitting: readonly string[]
}

/** So that verdicts of several modules stand in one column: that of `runtime`. */
const STATUS_WIDTH = 7

/** An accepted module: who allowed it, what was granted and how far the import check carries. */
export function describeVerdict(module: string, { allowing, fitting }: AcceptedBy, verdict: Verdict): string {
  const grants = verdict.grants.map(({ grant, status, note }) => [
    status,
    `${grant}${note ? `  (${note})` : ''}`,
  ])
  const limits = verdict.limits.map(({ limit, status, note, policy }) => [
    status,
    `${limit}${policy ? ` of ${printable(policy.file)}` : ''}${note ? `  (${note})` : ''}`,
  ])
  const table = alignColumns([...grants, ...limits], { indent: 2, least: [STATUS_WIDTH] })
  const findings = describeFindings(verdict.findings)
  const fits = fitting.length === 0 ? '' : `, fits ${fitting.join(' and ')}`
  return [`${module}: allowed by ${allowing.join(' and ')}${fits}`, ...table, ...findings].join('\n')
}

/** Shows every finding of a refusal and makes the error that ends the command; `grantor` names the capability manifest. */
export function reportDenial(
  reporter: Reporter,
  module: string,
  grantor: string,
  verdict: Verdict,
): WasmpackError {
  const denied = verdict.findings.filter((finding) => finding.severity === 'error')
  if (reporter.format === 'text')
    reporter.notice([`${module}:`, ...describeFindings(verdict.findings)].join('\n'))
  debugOffsets(reporter, verdict.findings)
  return new WasmpackError('CAPABILITY_DENIED', `${module} ${describeDenied(denied, grantor)}`, {
    hint: chooseHint(denied),
    details: { module, ...toVerdictJson(verdict) },
  })
}

function chooseHint(denied: readonly Finding[]): string {
  if (denied.every(({ rule }) => rule === 'incompatible'))
    return 'run it somewhere else, or build it for where it is meant to run'
  return denied.every(({ policy }) => policy !== undefined)
    ? 'ask for less in the module and its capability manifest, or ask those who keep the policy to widen it'
    : 'grant what it may have, or build the module without it'
}

function describeDenied(all: readonly Finding[], grantor: string): string {
  const files = new Set(all.flatMap(({ policy }) => (policy === undefined ? [] : [printable(policy.file)])))
  const beyond = files.size === 0 ? [] : [`goes beyond ${[...files].join(' and ')}`]
  const others = all.filter(({ policy }) => policy === undefined)
  return [...(others.length === 0 ? [] : [describeManifestAndTarget(others, grantor)]), ...beyond].join(
    ', and ',
  )
}

function describeManifestAndTarget(all: readonly Finding[], grantor: string): string {
  const denied = all.filter(({ rule }) => rule !== 'incompatible')
  const unfit = denied.length < all.length ? ['does not fit where it is meant to run'] : []
  return [...(denied.length === 0 ? [] : [describeManifestDenials(denied, grantor)]), ...unfit].join(', and ')
}

function describeManifestDenials(denied: readonly Finding[], grantor: string): string {
  const ofImports = denied.filter((finding) => finding.import !== undefined)
  const imports = ofImports.reduce((sum, finding) => sum + (finding.imports ?? 1), 0)
  const others = denied.length - ofImports.length
  const asked = `asks for ${imports} ${imports === 1 ? 'import' : 'imports'} that ${grantor} does not grant`
  if (others === 0) return asked
  const rules = others === 1 ? 'rule' : 'rules'
  return imports === 0 ? `breaks ${others} ${rules} of ${grantor}` : `${asked}, and breaks ${others} ${rules}`
}
