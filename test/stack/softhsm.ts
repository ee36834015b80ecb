import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { debianPath, PEERS } from './peers.ts'

const PIN = '5678'

/**
 * Makes a token in SoftHSM with its files in a directory; returns the variables with which the plugin in test/stack/kms uses it, and
 * finds `pkcs11-tool`.
 */
export function createToken(directory: string, label: string): Readonly<Record<string, string>> {
  const tokens = join(directory, 'tokens')
  const configuration = join(directory, 'softhsm2.conf')
  mkdirSync(tokens, { recursive: true })
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nobjectstore.backend = file\n`)
  const module = join(debianPath('pkcs11-tool'), 'usr/lib/softhsm/libsofthsm2.so')
  const env = {
    PATH: [join(import.meta.dirname, 'kms'), join(PEERS, 'bin'), process.env['PATH']].join(delimiter),
    SOFTHSM2_CONF: configuration,
    SOFTHSM_MODULE: module,
    SOFTHSM_PIN: PIN,
  }
  const call = (...args: readonly string[]): Buffer =>
    execFileSync('pkcs11-tool', ['--module', module, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  call('--init-token', '--slot-index', '0', '--label', label, '--so-pin', '1234')
  call(
    '--token-label',
    label,
    '--login',
    '--login-type',
    'so',
    '--so-pin',
    '1234',
    '--init-pin',
    '--pin',
    PIN,
  )
  return env
}
