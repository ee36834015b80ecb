import type { LocatedPolicy } from '../../capabilities/policy/policy.ts'
import { printable, quoted } from '../../printable.ts'

/** Each policy with its file, as text. */
export const describePolicies = (policies: readonly LocatedPolicy[]): readonly string[] =>
  policies.map(({ policy, file }) => `policy ${quoted(policy.metadata.name)} of ${printable(file)}`)

/** The policies that a module was checked against, if any, as `--format json` shows them. */
export const toPoliciesJson = (
  policies: readonly LocatedPolicy[],
): { readonly policies?: readonly object[] } =>
  policies.length === 0
    ? {}
    : { policies: policies.map(({ policy, file }) => ({ name: policy.metadata.name, file })) }
