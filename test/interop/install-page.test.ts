import { readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { runChild, transcript } from '../support/child.ts'
import { createHome } from '../support/cli.ts'
import { startRegistry } from '../support/registry/registry.ts'
import { needsPeers, needsRelease, peer } from './peer.ts'
import { VERSION } from './release.ts'

needsRelease()
needsPeers('cosign')

/** Commands that are run elsewhere: by `.ci/run`, which builds what is installed here, and by deb.test.ts. */
const ELSEWHERE = [
  'npm ci && npm run release -- linux-x64',
  'sudo apt-get install ./release/wasmpack_*_amd64.deb',
  'man wasmpack',
]

test('the commands of docs/install.md work in their order', async () => {
  const page = readFileSync('docs/install.md', 'utf8')
  const commands = [...page.matchAll(/^```sh\n([^`]*)```$/gm)].flatMap(([, block]) =>
    block!.trim().split('\n'),
  )
  expect(commands).toEqual(expect.arrayContaining(ELSEWHERE))
  const home = createHome()
  const registry = await startRegistry()
  onTestFinished(async () => {
    await registry.close()
    home.dispose()
  })
  symlinkSync(resolve('release'), join(home.work, 'release'))
  const env = {
    ...home.env,
    PATH: `${home.directory}/prefix/bin:${dirname(peer('cosign'))}:${home.env['PATH']}`,
    npm_config_prefix: join(home.directory, 'prefix'),
    npm_config_offline: 'true',
    COSIGN_PASSWORD: 'install',
  }
  const run = async (command: string): Promise<string> => {
    const ended = await runChild('bash', ['-c', command], { cwd: home.work, env })
    expect(ended.exit, `${command}\n${transcript(ended)}`).toBe(0)
    return ended.stdout
  }
  const outputs = new Map<string, string>()
  for (const command of commands.filter((each) => !ELSEWHERE.includes(each))) {
    // dist/ is there already, and other tests run it.
    const line = command
      .replace('npm ci && npm pack', `npm pack --ignore-scripts ${resolve('.')}`)
      .replaceAll('registry.example.com', registry.host)
      .replaceAll('0.1.0', VERSION)
    outputs.set(command, await run(line))
    if (command.includes('--global')) await run('wasmpack generate-key-pair')
  }
  expect(outputs.get('./wasmpack-*-linux-x64/wasmpack version')).toContain('executable')
})
