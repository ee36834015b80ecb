import type { Run } from '../support/child.ts'
import type { Workbench } from './workbench.ts'

const VERIFY = ['verify', '--allow-http-registry', '--insecure-ignore-tlog']

/** Signs as cosign 3 does by default, but without a transparency log. */
export async function cosignSign(bench: Workbench, pinned: string, key: string): Promise<void> {
  const config = 'signing-config.json'
  if (!bench.exists(config)) await bench.peer('cosign', 'signing-config', 'create', '--out', config)
  const flags = ['--allow-http-registry', '--yes', '--key', key, '--signing-config', config]
  await bench.peer('cosign', 'sign', ...flags, pinned)
}

/** Verifies with a public key; the run may end with any status. */
export const cosignVerify = (bench: Workbench, reference: string, key: string): Promise<Run> =>
  bench.attemptPeer('cosign', [...VERIFY, '--key', key, reference])
