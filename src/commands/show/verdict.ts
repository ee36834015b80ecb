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

/** The files that allow a module, and the targets that it fits. */
export interface AcceptedBy {
  readonly allowing: readonly string[]
  readonly fitting: readonly string[]
}

/** So that verdicts of several modules stand in one column: that of `runtime`. */
const STATUS_WIDTH = 7

/** An accepted module: what allows it, its grants, and what of them the import check can prove. */
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

/** Prints every finding and returns the error that ends the command; `grantor` names the capability manifest. */
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
  return new WasmpackError('CAPABILITY_DENIED', `${module}: ${describeDenied(denied, grantor).join('; ')}`, {
    hint: chooseHint(denied),
    details: { module, ...toVerdictJson(verdict) },
  })
}

/** What to do about findings that are errors. */
export function chooseHint(denied: readonly Finding[]): string {
  if (denied.every(({ rule }) => rule === 'incompatible'))
    return 'build the module for the target, or choose another target'
  if (denied.every(({ rule }) => rule === 'growth'))
    return 'remove what was added; under growth: approved, have it approved with: wasmpack approve REPOSITORY@DIGEST --key FILE; under minor and major, raise the version'
  if (denied.every(({ policy }) => policy !== undefined))
    return 'remove the imports and grants that are denied, or have the policy changed'
  return denied.some((finding) => finding.import !== undefined)
    ? 'grant the imports in the capability manifest, or build the module without them'
    : 'change the module, or its capability manifest'
}

/** What was denied: by the capability manifest, by the target, and by policies. */
function describeDenied(denied: readonly Finding[], grantor: string): readonly string[] {
  const files = new Set(
    denied.flatMap(({ policy }) => (policy === undefined ? [] : [printable(policy.file)])),
  )
  const own = denied.filter(({ policy }) => policy === undefined)
  const byManifest = own.filter(({ rule }) => rule !== 'incompatible')
  return [
    ...describeManifestDenials(byManifest, grantor),
    ...(byManifest.length < own.length ? ['incompatible with its target'] : []),
    ...(files.size === 0 ? [] : [`exceeds ${[...files].join(' and ')}`]),
  ]
}

function describeManifestDenials(denied: readonly Finding[], grantor: string): readonly string[] {
  const ofImports = denied.filter((finding) => finding.import !== undefined)
  const imports = ofImports.reduce((sum, finding) => sum + (finding.imports ?? 1), 0)
  const rules = denied.length - ofImports.length
  const violated = rules === 0 ? '' : `${rules} ${rules === 1 ? 'rule' : 'rules'}`
  if (imports === 0) return violated === '' ? [] : [`${violated} of ${grantor} violated`]
  const granted = `${imports} ${imports === 1 ? 'import' : 'imports'} not granted by ${grantor}`
  return violated === '' ? [granted] : [granted, `${violated} violated`]
}
