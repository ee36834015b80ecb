import { dirname, join } from 'node:path'

import { WasmpackError } from '../errors.ts'
import { readTextFile } from '../files/read-text-file.ts'
import type { TrustSpec } from '../trust/trust-policy.ts'
import { parsePolicies } from './policy-documents.ts'

/** A file of policies, with the keys and trusted roots that it names, by their names. */
export interface PluginPolicy {
  readonly text: string
  readonly files: ReadonlyMap<string, string>
}

/** What a ConfigMap can hold, in bytes: etcd takes no more. */
const TOTAL_LIMIT = 1024 * 1024 - 16 * 1024

/**
 * Reads a file of policies that is to travel in a ConfigMap. Throws POLICY_INVALID, and USAGE where it has no trust policy, or names
 * files that are not beside it.
 */
export async function readPluginPolicy(path: string, signal: AbortSignal): Promise<PluginPolicy> {
  const text = await readTextFile(path, { what: 'policies', signal })
  const { trust } = parsePolicies(text, path)
  if (trust.length === 0)
    throw new WasmpackError('USAGE', `${path} has no TrustPolicy`, {
      hint: 'write one that says who must have signed what is deployed: docs/trust-policy.md',
    })
  const named = trust.flatMap(({ policy }) => listNamedFiles(policy.spec))
  const files = new Map<string, string>()
  for (const name of new Set(named)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || name === 'policy.yaml')
      throw new WasmpackError(
        'USAGE',
        `${path} names ${name}, which a ConfigMap cannot hold under that name`,
        {
          hint: 'put keys and trusted roots beside the policies and name them without a directory, such as cosign.pub',
        },
      )
    files.set(name, await readTextFile(join(dirname(path), name), { what: 'file of a policy', signal }))
  }
  const size = [text, ...files.values()].reduce((sum, one) => sum + Buffer.byteLength(one), 0)
  if (size <= TOTAL_LIMIT) return { text, files }
  throw new WasmpackError(
    'USAGE',
    `${path} and the files that it names have ${size} bytes, more than a ConfigMap holds`,
    {
      hint: 'leave roots out that no signer needs',
    },
  )
}

const listNamedFiles = ({ roots, signers }: TrustSpec): readonly string[] =>
  Array.from(roots?.values() ?? [], ({ trustedRoot }) => trustedRoot).concat(
    Array.from(signers?.values() ?? [])
      .flat()
      .flatMap((rule) => (rule.kind === 'key' ? [rule.key] : [])),
  )
