import type { Command } from 'commander'

import type { CapabilityManifest } from '../../capabilities/manifest/manifest.ts'
import type { ModuleRequirement } from '../../capabilities/evaluate/module-requirement.ts'
import { printable } from '../../printable.ts'

export interface RunTargetFlags {
  readonly target?: string
  readonly wit?: string
}

export const addRunTargetOptions = (command: Command): Command =>
  command
    .option(
      '--target <target>',
      'check that the module fits a target: wasip1, wasip2, wasip3, proxy-wasm@0.2.1 or a world, e.g. wasi:http/proxy@0.2',
    )
    .option(
      '--wit <path>',
      'WIT file or directory that defines the --target world (--target may be omitted if it has one)',
    )

/** The requirement of --target and --wit. If only --wit is given and the capability manifest names a world of it, that one counts. */
export async function readRunTarget(
  { target, wit }: RunTargetFlags,
  { spec }: CapabilityManifest,
): Promise<readonly ModuleRequirement[]> {
  if (target === undefined && wit === undefined) return []
  const { createTargetRequirement, isBundledTarget, loadTarget } =
    await import('../../delivery/targets/run-targets.ts')
  if (target === undefined && spec.target !== undefined && !isBundledTarget(spec.target)) return []
  return [createTargetRequirement(await loadTarget(target, wit))]
}

/** The names of the targets that are checked: that of the capability manifest, and that of {@link readRunTarget}. */
export function listRunTargetNames(
  { target, wit }: RunTargetFlags,
  { spec }: CapabilityManifest,
  asked: readonly ModuleRequirement[],
): readonly string[] {
  const beside = asked.length === 0 ? undefined : (target ?? `the world of ${wit}`)
  return [...new Set([spec.target, beside])].filter((name) => name !== undefined).map(printable)
}
