import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { temporaryDirectory } from '../delivery/scene.ts'
import { fixturePath } from '../support/fixtures.ts'
import { runCommand } from '../support/in-process.ts'

async function pushAs(name: string): Promise<{ pushed: readonly string[]; pulled: string | undefined }> {
  const directory = temporaryDirectory()
  const file = join(directory, name)
  copyFileSync(fixturePath('rust-hello'), file)
  const layout = `oci-layout:${join(directory, 'oci')}:1`
  const capabilities = fixturePath('rust-hello', '.capabilities.yaml')
  const push = await runCommand(['push', layout, file, '-c', capabilities])
  expect(push.error).toBeUndefined()
  const out = join(directory, 'out')
  const pull = await runCommand(['pull', layout, '--output-dir', out, '--insecure-ignore-signature'])
  return { pushed: push.warnings, pulled: pull.error?.code }
}

test.each(['foo.so', 'con.wasm', 'prog', 'prog.WASM', '.hidden.wasm'])(
  'push says that pull --output-dir will refuse the title %s',
  async (name) => {
    const { pushed, pulled } = await pushAs(name)
    expect(pushed).toEqual([
      `pull --output-dir will refuse the title "${name}", which is not a safe .wasm file name: rename the file, for example to app.wasm`,
    ])
    expect(pulled).toBe('ARTIFACT_MALFORMED')
  },
)

test('push says nothing of a title that pull --output-dir takes', async () => {
  expect(await pushAs('my app.wasm')).toEqual({ pushed: [], pulled: undefined })
})
