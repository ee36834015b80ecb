import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { fetchToken } from '../stack/sigstore/oidc.ts'
import { runChild } from '../support/child.ts'
import { pushFresh } from './artifacts.ts'
import { cosignSignAs } from './cosign.ts'
import { useSigstore } from './sigstore.ts'
import { registry, useWorkbench } from './workbench.ts'

// A verifier in a cluster: nothing may be written, there is no home directory, and nothing but the registry can be reached.

const sigstore = useSigstore()
const bench = useWorkbench()

const BIN = fileURLToPath(new URL('../../bin/wasmpack.cjs', import.meta.url))
const [major = 0] = process.versions.node.split('.').map(Number)
/** Node's own confinement: an attempt to write a file ends the run with an error that names it. */
const CONFINED = [
  '--allow-fs-read=*',
  ...(major >= 25 ? ['--permission', '--allow-net'] : ['--experimental-permission']),
]

test('verify with --trusted-root writes no file, needs no home, and asks the registry alone', async () => {
  const signed = await pushFresh(bench, registry('distribution'))
  await cosignSignAs(bench, sigstore(), signed.pinned, await fetchToken(sigstore().issuer, 'alice'), 'rekor2')
  const who = ['--certificate-identity', 'alice@example.test', '--certificate-oidc-issuer', sigstore().issuer]
  const trust = ['--trusted-root', sigstore().trustedRoot]
  const verify = (...flags: readonly string[]) =>
    runChild(process.execPath, [...CONFINED, BIN, 'verify', signed.pinned, ...who, ...flags, '--debug'], {
      env: { PATH: '/usr/bin:/bin', TMPDIR: '/nonexistent', HOME: '/nonexistent', NODE_NO_WARNINGS: '1' },
      cwd: '/',
    })
  const run = await verify(...trust)
  expect(run).toMatchObject({ exit: 0 })
  const asked = [...run.stderr.matchAll(/^.*> [A-Z]+ (\S+)/gm)].map(([, url]) => new URL(url!).host)
  expect(asked.length).toBeGreaterThan(0)
  expect(new Set(asked)).toEqual(new Set([registry('distribution').host]))
})
