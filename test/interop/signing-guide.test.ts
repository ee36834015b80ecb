import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { type Run, startChild, transcript } from '../support/child.ts'
import { startWasmpack, storeCredentials } from '../support/cli.ts'
import { Browser } from '../stack/sigstore/browser.ts'
import { CI_CLIENT, fetchToken } from '../stack/sigstore/oidc.ts'
import { createToken } from '../stack/softhsm.ts'
import { writeModule } from './artifacts.ts'
import { needsPeers, peer } from './peer.ts'
import { useSigstore } from './sigstore.ts'
import { KEY_PASSWORD, useWorkbench } from './workbench.ts'

const GUIDE = readFileSync('docs/signing.md', 'utf8')

const blocksOf = (language: string): readonly string[] =>
  [...GUIDE.matchAll(new RegExp(`^ *\`\`\`${language}\\n([^]*?)\`\`\`$`, 'gm'))].map((found) => found[1]!)

needsPeers('pkcs11-tool')
const sigstore = useSigstore()
const bench = useWorkbench()

/** Runs a command line of the guide; whoever it tells to sign in does so. */
async function run(words: readonly string[], hsm: Readonly<Record<string, string>>): Promise<Run> {
  const [program, ...args] = words
  const child =
    program === 'wasmpack'
      ? startWasmpack(bench.home, args, {
          env: { ...hsm, COSIGN_PASSWORD: KEY_PASSWORD, BROWSER: '/bin/true' },
        })
      : startChild(peer('cosign'), [...args, '--allow-http-registry'], {
          cwd: bench.home.work,
          env: { ...bench.home.env, ...hsm },
        })
  let said = ''
  let signedIn = false
  child.process.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const device = /open (\S+) and enter/.exec(said)?.[1]
    const page = /if none opened: (\S+)\n/.exec(said)?.[1]
    if (signedIn || (device ?? page) === undefined) return
    signedIn = true
    if (device !== undefined) void new Browser().decideOnDevice(device, 'alice')
    else void new Browser().signIn(page!, 'alice')
  })
  return child.ended
}

test('every command of docs/signing.md does what it says', async () => {
  const { issuer, fulcio, rekor2, timestampAuthorities, signingConfigs, trustedRoot, registries } = sigstore()
  const { host, credentials } = registries.find(({ name }) => name === 'referrers')!
  storeCredentials(bench.home, host, credentials.username, credentials.password)
  await writeModule(bench, 'app.wasm')
  bench.write('token.txt', `${await fetchToken(issuer, 'alice')}\n`)
  bench.write('secret.txt', `${CI_CLIENT.secret}\n`)
  const actual: Readonly<Record<string, string>> = {
    'registry.example.com/team': `${host}/guide-${process.pid}`,
    'https://keycloak.example.com/realms/wasm': issuer,
    'https://fulcio.example.com': fulcio,
    'https://rekor.example.com': rekor2,
    'https://tsa.example.com': timestampAuthorities[0],
    'signing_config.json': signingConfigs.rekor2,
    'trusted_root.json': trustedRoot,
    'alice@example.com': 'alice@example.test',
    'softhsm://release': 'softhsm://tests/release',
  }
  const hsm = createToken(bench.path('.'), 'tests')
  const lines = blocksOf('sh').flatMap((block) => block.trim().split('\n'))
  expect(lines.length).toBeGreaterThan(8)
  for (const line of lines) {
    const written = Object.entries(actual).reduce(
      (text, [name, value]) => text.replaceAll(name, value),
      line.trim(),
    )
    expect(written).not.toContain('example.com')
    const done = await run(written.split(' '), hsm)
    expect(done.exit, `${line}\n${transcript(done)}`).toBe(0)
  }
}, 300_000)

test('the clients of docs/signing.md are those of the realm that the tests use', () => {
  const realm = JSON.parse(readFileSync('test/stack/realm.json', 'utf8')) as {
    readonly clients: readonly object[]
  }
  const clients = blocksOf('json').map((block) => JSON.parse(block) as { readonly clientId: string })
  expect(clients.map(({ clientId }) => clientId)).toEqual(['sigstore', 'ci'])
  for (const client of clients) expect(realm.clients).toContainEqual(expect.objectContaining(client))
})
