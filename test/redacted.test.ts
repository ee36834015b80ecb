import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, test } from 'vitest'

import { parseCapabilityManifest } from '../src/capabilities/manifest/manifest-text.ts'
import { WasmpackError } from '../src/errors.ts'
import { RegistriesConf } from '../src/oci/registry/registries-conf.ts'
import { redactLocation, redactWords } from '../src/redacted.ts'
import { temporaryDirectory } from './delivery/scene.ts'
import { fixturePath } from './support/fixtures.ts'
import { runCommand } from './support/in-process.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`

/** References, hosts and URLs with a secret, as people paste them. */
const FORMS = [
  'me:canary@r.example/app:1',
  'me:canary@r.example',
  'me:ca/nary-canary@r.example/app:1',
  'me:canary@x@r.example/app:1',
  'me@x:canary@r.example/app',
  'me:canary%40r.example/app',
  `me:canary@r.example/app@${DIGEST}`,
  `me:ca/canary@r.example/app:1@${DIGEST}`,
  'https://me:canary@r.example/app:1',
  'HTTPS://me:canary@r.example/app:1',
  'git+https://me:canary@r.example/app',
  'oci://me:canary@r.example/app:1',
  'oci://me:ca/canary@r.example/app:1',
  'docker://me:canary@r.example/app:1',
  'https:/me:canary@r.example/app',
  'https:\\\\me:canary@r.example\\app',
  '//me:canary@r.example/app:1',
  'me:canary@r.example/a b',
  'https://canary@r.example/',
  'https://r.example/app?token=canary',
  'https://r.example/app?mail=a@b.example&token=canary',
  'r.example/app?token=canary',
  'r.example/app#canary',
  'https://r.example/app#access_token=canary',
  'https://me:pa?ss-canary@r.example/app',
  'https://me:pa#canary@r.example/app',
  'r.example/me:canary@s.example/app:1',
  'r.example/me:canary@s.example',
  'me:canary@r.example:5000/app:-x',
  'me:canary@r.example:99999/app:1',
  'me:canary@R.example/APP:1',
  'me:canary＠r.example/app:1',
]

const told = ({ message, hint, details }: WasmpackError): string => JSON.stringify([message, hint, details])

function expectSilent(error: WasmpackError | undefined): void {
  expect(error).toBeInstanceOf(WasmpackError)
  expect(told(error!)).not.toContain('canary')
}

describe.each(FORMS)('S20: the secret in %s is in no message', (form) => {
  it.each<readonly [string, ...string[]]>([
    ['ls', form],
    ['resolve', form],
    ['login', form, '--username', 'me'],
    ['logout', form],
    ['sign', form],
    ['sign', form, '--key', 'none.key'],
    ['inspect', form],
    ['tag', 'r.example/app:1', form],
    ['copy', form],
    ['copy', form, 'r.example/b:1'],
    ['copy', 'r.example/a:1', form],
    ['copy', 'r.example/a:1', `r.example/b:1,${form}`],
    ['verify', form, '--key', 'none.pub'],
    ['push', form, fixturePath('rust-hello')],
    ['push', 'r.example/a:1', fixturePath('rust-hello'), '--mount', form],
    ['ls', 'r.invalid/a', '--trusted-realm', form],
    ['validate', fixturePath('rust-hello'), '--policy', 'none.yaml', '--as', form],
    ['push', 'r.example/a:1', fixturePath('rust-hello'), '-a', form.replaceAll('=', '')],
  ])('of %s', async (...argv) => {
    expectSilent((await runCommand(argv)).error)
  })

  it.each([
    `[[registry]]\nlocation = ${JSON.stringify(form)}\n`,
    `[[registry]]\nprefix = ${JSON.stringify(form)}\n`,
    `[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = ${JSON.stringify(form)}\n`,
  ])('of registries.conf', (text) => {
    const read = (): RegistriesConf => new RegistriesConf([{ name: 'registries.conf', text }])
    expect(read).toThrow(expect.objectContaining({ code: 'REGISTRIES_INVALID' }))
    expect(read).not.toThrow(/canary/)
  })

  it('of a list of copies, and of several references', async () => {
    const file = join(temporaryDirectory(), 'list')
    for (const line of [form, `${form} ${form} ${form}`, `r.example/a:1 ${form.replaceAll(' ', '')}`]) {
      writeFileSync(file, `${line}\n`)
      expectSilent((await runCommand(['copy', '--from-file', file])).error)
    }
    const pulled = ['pull', form, 'oci-layout:none:1', '--output-dir', 'out', '--insecure-ignore-signature']
    for (const format of ['text', 'json'])
      expectSilent((await runCommand([...pulled, '--format', format])).error)
  })
})

test.each(['postgres://me:canary@db.example:5432/app', 'me:canary@db.example', 'host=db password=canary'])(
  'S20: a capability manifest that names the server %s is refused without the secret',
  (server) => {
    const text = `apiVersion: wasmpack.dev/v1alpha1
kind: CapabilityManifest
metadata: {name: a}
spec: {grants: {database: {postgres: [${JSON.stringify(server)}]}}}
`
    try {
      parseCapabilityManifest(text, 'c.yaml')
      expect.unreachable()
    } catch (error) {
      expectSilent(error as WasmpackError)
    }
  },
)

test.each(FORMS.filter((form) => /^[a-z+]*:|^\/\/|@/i.test(form)))(
  'S20: the secret in %s is in no message where it stands in place of a file',
  async (form) => {
    for (const argv of [
      ['validate', form],
      ['verify', 'oci-layout:none:1', '--key', form],
      ['pull', 'oci-layout:none:1', '--policy', form],
      ['resolve', `oci-layout:${form}`],
      ['resolve', `oci-archive:${form}:1`],
    ])
      if (/:\/\//.test(form) || !argv[1]!.startsWith('oci-')) expectSilent((await runCommand(argv)).error)
  },
)

test('S20: a user name with a password behind a colon is not shown', async () => {
  expectSilent((await runCommand(['login', 'r.example', '-u', 'me:canary', '--password-stdin'])).error)
})

test.each([
  'r.example/team/app:1.0.0',
  `r.example/team/app:1.0.0@${DIGEST}`,
  'localhost:5000/app',
  'oci-layout:me@home/dir:v1',
  'https://auth.example.com:8443/token',
  'app',
])('what has no secret is shown as it is: %s', (text) => {
  expect(redactLocation(text)).toBe(text)
  expect(redactWords(`copy ${text} to`)).toBe(`copy ${text} to`)
})
