import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { openLayout } from '../src/oci/layout/layout.ts'
import { SIGSTORE } from './signing/identity/scene.ts'
import { attach, statementFor } from './signing/scene.ts'
import { fixturePath } from './support/fixtures.ts'
import { type InProcessRun, runCommand } from './support/in-process.ts'
import { newKeyPair, toPem, toSpki } from './support/sigstore-in-memory/x509.ts'

// Every command of docs/verifying.md does what the page says, for an artifact that is signed in both ways.

const PAGE = readFileSync('docs/verifying.md', 'utf8')
const COMMANDS = [...PAGE.matchAll(/^wasmpack (.*)$/gm)].map(([, command]) => command!)
const ISSUER = 'https://sso.example.com/realms/dev'

const directory = mkdtempSync(join(tmpdir(), 'wasmpack-verifying-'))
afterAll(() => rmSync(directory, { recursive: true }))

const PATH = join(directory, 'layout')
const FILES = ['cosign.pub', 'trusted_root.json'].map((name) => [name, join(directory, name)] as const)

/** Runs a command of the page, for the artifact of that tag. */
function run(command: string, tag = '1.0.0'): Promise<InProcessRun> {
  const reference = `oci-layout:${PATH}:${tag}`
  const located = FILES.reduce((text, [name, path]) => text.replace(name, path), command)
  return runCommand(located.replace('registry.example.com/team/app:1.0.0', reference).split(' '))
}

/** What was printed, with the names of the page. */
const toPage = (text: string): string =>
  FILES.reduce((shown, [name, path]) => shown.replaceAll(path, name), text)
    .replaceAll('oci-layout:', '')
    .replaceAll(PATH, 'registry.example.com/team/app')

beforeAll(async () => {
  const pair = newKeyPair()
  writeFileSync(join(directory, 'cosign.pub'), toPem('PUBLIC KEY', toSpki(pair.publicKey)))
  writeFileSync(join(directory, 'trusted_root.json'), JSON.stringify(SIGSTORE.rootJson()))
  const push = (tag: string, module: string) =>
    runCommand([
      'push',
      `oci-layout:${PATH}:${tag}`,
      fixturePath(module),
      '-c',
      fixturePath(module, '.capabilities.yaml'),
    ])
  await push('1.0.0', 'rust-hello')
  await push('2.0.0', 'cpp-files')
  const target = await openLayout(PATH, { create: false })
  const services = { entries: [SIGSTORE.hashedRekord], timestamps: [SIGSTORE.timestamp] }
  const sign = async (tag: string, options: Parameters<typeof SIGSTORE.sign>[0]): Promise<void> => {
    const subject = await target.manifest(tag)
    const bundle = SIGSTORE.sign({ payload: statementFor(subject), ...services, ...options })
    await attach(target, subject, JSON.stringify(bundle))
  }
  await sign('1.0.0', { pair, withKey: true })
  await sign('1.0.0', { issuer: ISSUER })
  await sign('2.0.0', { issuer: ISSUER, names: [{ email: 'mallory@example.com' }] })
})

it('there are commands by a key, by a key with a log, and by an identity', () => {
  expect(COMMANDS).toHaveLength(3)
})

it.each(COMMANDS)('wasmpack %s', async (command) => {
  expect(await run(command)).toMatchObject({ text: expect.stringContaining(': verified') })
})

/** A text of the page as a pattern: three dots stand for what differs from run to run, and so does the time. */
const toPattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('…', '.*')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '.*')}$`,
  )

it('the output by an identity is that of the page', async () => {
  const [, shown] = /^```\n(registry[^`]*?)\n```$/m.exec(PAGE)!
  const { text } = await run(COMMANDS.at(-1)!)
  expect(toPage(text)).toMatch(toPattern(shown!))
})

it('the refusal is that of the page', async () => {
  const [, message, hint] = /^```\nerror: (.*?) {2}\[SIGNATURE_UNTRUSTED\]\nhint: (.*)\n```$/m.exec(PAGE)!
  const { error } = await run(COMMANDS.at(-1)!, '2.0.0')
  expect(toPage(error!.message)).toMatch(toPattern(message!))
  expect(toPage(error!.hint!)).toBe(hint)
})
