import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { runChild, transcript } from '../support/child.ts'
import { createHome } from '../support/cli.ts'
import { fixturePath } from '../support/fixtures.ts'
import { startRegistry } from '../support/registry/registry.ts'
import { needsRelease } from './peer.ts'
import { VERSION } from './release.ts'

needsRelease()

/** From a release file to a module that was pulled and verified. */
const COMMANDS = [
  'tar -xJf wasmpack-*-linux-x64.tar.xz',
  'install -D wasmpack-*-linux-x64/wasmpack ~/.local/bin/wasmpack',
  'wasmpack init app.wasm',
  'wasmpack generate-key-pair',
  'wasmpack push registry.example.com/team/app:1.0.0 app.wasm --key cosign.key',
  'wasmpack pull registry.example.com/team/app:1.0.0 -o app.wasm --key cosign.pub',
]

test('README leads a new user without Node from the release file to a verified pull in six commands', async () => {
  const lines = readFileSync('README.md', 'utf8')
    .split('\n')
    .map((line) => line.replace(/ +# .*/, ''))
  expect(lines).toEqual(expect.arrayContaining(COMMANDS))
  const home = createHome()
  const registry = await startRegistry()
  onTestFinished(async () => {
    await registry.close()
    home.dispose()
  })
  const archive = `wasmpack-${VERSION}-linux-x64.tar.xz`
  copyFileSync(join('release', archive), join(home.work, archive))
  copyFileSync(fixturePath('rust-hello'), join(home.work, 'app.wasm'))
  for (const command of COMMANDS) {
    const line = command
      .replace('registry.example.com', registry.host)
      .replace('-o app.wasm', '-o pulled.wasm')
    const run = await runChild('bash', ['-c', line], {
      cwd: home.work,
      env: { ...home.env, PATH: `${home.env['HOME']}/.local/bin:/usr/bin:/bin`, COSIGN_PASSWORD: 'new' },
    })
    expect(run.exit, `${line}\n${transcript(run)}`).toBe(0)
  }
  expect(readFileSync(join(home.work, 'pulled.wasm')).equals(readFileSync(fixturePath('rust-hello')))).toBe(
    true,
  )
  expect(readdirSync(home.work)).toContain('cosign.pub')
})
