import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { WasmpackError } from '../../../src/errors.ts'
import { Transport } from '../../../src/http/transport.ts'
import { StateFile } from '../../../src/signing/tuf/state-file.ts'
import { TufRepository } from '../../../src/signing/tuf/tuf-repository.ts'
import { serve, type Served } from '../../support/serve.ts'
import { TufPublisher } from '../../support/tuf-publisher.ts'

const NOW = Date.UTC(2026, 5, 1)
const DAY = 24 * 60 * 60 * 1000
const ROOT = 'trusted_root.json'
const CONFIG = 'signing_config.v0.2.json'
const FILES = { [ROOT]: Buffer.from('{"first":1}'), [CONFIG]: Buffer.from('{"config":1}') }
/** So that what expires is only what a test says. */
const longer = { root: 9 * DAY, targets: 9 * DAY, snapshot: 9 * DAY, timestamp: 9 * DAY }
const NEW_FILES = { ...FILES, [ROOT]: Buffer.from('{"second":2}') }

interface Scene {
  readonly publisher: TufPublisher
  readonly served: Served
  /** While true the mirror answers nothing but 503. */
  down: boolean
  /** How long after the present a run takes place, in milliseconds. */
  later: number
  readonly warnings: string[]
  readonly directory: string
  /** What a run of its own reads. */
  read(name?: string, root?: Uint8Array): Promise<string>
  /** The paths that were asked for since the last call. */
  asked(): readonly string[]
}

async function openScene(publisher = new TufPublisher(FILES, NOW), keep = true): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'wasmpack-tuf-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const served = await serve((request, response) => {
    const content = publisher.served.get(request.url!.slice('/tuf/'.length))
    const status = scene.down ? 503 : content === undefined ? 404 : 200
    response.writeHead(status).end(status === 200 ? content : '')
  })
  let seen = 0
  const scene: Scene = {
    publisher,
    served,
    down: false,
    later: 0,
    warnings: [],
    directory,
    async read(name = ROOT, root = publisher.root()) {
      const clock = { now: () => NOW + scene.later, sleep: () => Promise.resolve(), random: () => 0 }
      const transport = new Transport({ retries: 0, clock })
      const warn = (message: string): void => void scene.warnings.push(message)
      const mirror = `${served.origin}/tuf`
      const stateFile = keep ? new StateFile(join(directory, 'cache'), mirror, warn) : undefined
      const repository = new TufRepository({ mirror, root, stateFile, transport, warn })
      try {
        return Buffer.from(await repository.readFile(name)).toString()
      } finally {
        transport.close()
      }
    },
    asked() {
      const paths = served.seen.slice(seen).map(({ url }) => url.slice('/tuf/'.length))
      seen = served.seen.length
      return paths.map((path) => path.replace(/^targets\/[0-9a-f]{64}\./, 'targets/HASH.'))
    },
  }
  return scene
}

const refused = (problem: RegExp): object =>
  expect.objectContaining({
    code: 'TRUST_ROOT_UNAVAILABLE',
    exit: 9,
    message: expect.stringMatching(problem),
    hint: expect.stringContaining('--trusted-root FILE'),
  })

test('the first run reads every role once, and the file', async () => {
  const scene = await openScene()
  expect(await scene.read()).toBe('{"first":1}')
  expect(scene.asked()).toEqual([
    '2.root.json',
    'timestamp.json',
    '1.snapshot.json',
    '1.targets.json',
    `targets/HASH.${ROOT}`,
  ])
})

test('within a day nothing is sent, and another file is one request', async () => {
  const scene = await openScene()
  await scene.read()
  scene.asked()
  scene.later = DAY / 2
  expect(await scene.read()).toBe('{"first":1}')
  expect(scene.asked()).toEqual([])
  expect(await scene.read(CONFIG)).toBe('{"config":1}')
  expect(scene.asked()).toEqual([`targets/HASH.${CONFIG}`])
  expect(await scene.read(CONFIG)).toBe('{"config":1}')
  expect(scene.asked()).toEqual([])
})

test('after a day only what is new is read', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: longer }))
  await scene.read()
  scene.asked()
  scene.later = DAY + 1
  expect(await scene.read()).toBe('{"first":1}')
  expect(scene.asked()).toEqual(['2.root.json', 'timestamp.json'])
  scene.publisher.publish(NEW_FILES, { validity: longer })
  scene.later = 2 * DAY + 2
  expect(await scene.read()).toBe('{"second":2}')
  expect(scene.asked()).toEqual([
    '2.root.json',
    'timestamp.json',
    '2.snapshot.json',
    '2.targets.json',
    `targets/HASH.${ROOT}`,
  ])
})

test('a root with new keys for every role is followed from the root that is trusted, and from it again in the next run', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: longer }))
  await scene.read()
  scene.publisher.rotateRoot({ validity: longer })
  scene.publisher.publish(NEW_FILES, { validity: longer })
  scene.later = DAY + 1
  expect(await scene.read()).toBe('{"second":2}')
  scene.asked()
  scene.later += 1000
  expect(await scene.read()).toBe('{"second":2}')
  expect(scene.asked()).toEqual([])
  expect(await scene.read(ROOT, scene.publisher.root(2))).toBe('{"second":2}')
  expect(scene.asked()).toEqual([])
})

test('a root that the one before did not sign is refused', async () => {
  const scene = await openScene()
  const stranger = new TufPublisher(FILES, NOW)
  stranger.rotateRoot()
  scene.publisher.served.set('2.root.json', stranger.root(2))
  await expect(scene.read()).rejects.toEqual(refused(/root\.json.*is refused|is refused: root\.json/))
})

test('the trusted root of another repository is refused', async () => {
  const scene = await openScene()
  await expect(scene.read(ROOT, new TufPublisher(FILES, NOW).root())).rejects.toEqual(
    refused(/timestamp\.json/),
  )
})

test.each(['timestamp', 'snapshot', 'targets'] as const)('an expired %s is refused', async (role) => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: { [role]: -1000 } }))
  await expect(scene.read()).rejects.toEqual(refused(new RegExp(`${role}\\.json is expired`)))
})

test('an expired root is refused, unless it leads to one that is valid', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: { root: -1000 } }))
  await expect(scene.read()).rejects.toEqual(refused(/root\.json is expired/))
  scene.publisher.rotateRoot()
  scene.publisher.publish(FILES)
  expect(await scene.read()).toBe('{"first":1}')
})

test('an older timestamp than the last one that was read is refused', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: longer }))
  const old = scene.publisher.served.get('timestamp.json')!
  scene.publisher.publish(NEW_FILES, { validity: longer })
  await scene.read()
  scene.publisher.served.set('timestamp.json', old)
  scene.later = DAY + 1
  await expect(scene.read()).rejects.toEqual(refused(/version 1 is less than current version 2/))
})

test('an older snapshot behind a newer timestamp is refused, even after the last timestamp has expired', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: longer }))
  scene.publisher.publish(NEW_FILES, { validity: { ...longer, timestamp: DAY / 2 } })
  await scene.read()
  scene.publisher.publishTimestamp(1, { validity: longer })
  scene.later = DAY + 1
  await expect(scene.read()).rejects.toEqual(refused(/snapshot version 1 is less than current version 2/))
})

test('older targets behind a newer snapshot are refused', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: longer }))
  const old = scene.publisher.served.get('1.targets.json')!
  await scene.read()
  scene.publisher.publish(NEW_FILES, { validity: longer })
  scene.publisher.served.set('2.targets.json', old)
  scene.later = DAY + 1
  await expect(scene.read()).rejects.toEqual(refused(/targets/))
})

test('a mirror that is gone is no error while what was read is valid, and says so once a day has passed', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW, { validity: longer }))
  await scene.read()
  scene.down = true
  scene.later = DAY / 2
  expect(await scene.read()).toBe('{"first":1}')
  expect(scene.warnings).toEqual([])
  scene.later = DAY + 1
  expect(await scene.read()).toBe('{"first":1}')
  expect(scene.warnings).toEqual([expect.stringContaining('cannot be reached; what was read of it at')])
})

test('a mirror that is gone is an error once what was read has expired, and in the first run', async () => {
  const scene = await openScene()
  await scene.read()
  scene.down = true
  scene.later = DAY + 1000
  await expect(scene.read()).rejects.toEqual(
    refused(/cannot be reached, and what was read of it before is expired/),
  )
  rmSync(join(scene.directory, 'cache'), { recursive: true })
  await expect(scene.read()).rejects.toEqual(refused(/cannot be read/))
})

test('a kept state that was changed is not trusted but read again', async () => {
  const scene = await openScene()
  await scene.read()
  const cache = join(scene.directory, 'cache')
  const [name] = readdirSync(cache)
  const kept = JSON.parse(readFileSync(join(cache, name!), 'utf8')) as { files: object[] }
  kept.files = [{ name: ROOT, bytes: Buffer.from('{"evil":1}').toString('base64') }]
  writeFileSync(join(cache, name!), JSON.stringify(kept))
  expect(await scene.read()).toBe('{"first":1}')
  writeFileSync(join(cache, name!), '{"refreshedAt":1e99}')
  expect(await scene.read()).toBe('{"first":1}')
  expect(scene.warnings).toEqual([expect.stringContaining('is ignored')])
})

test('without a place for it nothing is kept, and nothing written', async () => {
  const scene = await openScene(new TufPublisher(FILES, NOW), false)
  await scene.read()
  scene.asked()
  await scene.read()
  expect(scene.asked()).toHaveLength(5)
  expect(readdirSync(scene.directory)).toEqual([])
})

test('a place that cannot be written is a warning', async () => {
  const scene = await openScene()
  writeFileSync(join(scene.directory, 'cache'), 'a file')
  expect(await scene.read()).toBe('{"first":1}')
  expect(scene.warnings.at(-1)).toContain('every run reads the TUF repository')
})

test('a file that is not the listed one, a file that is not listed, and an endless document are refused', async () => {
  const scene = await openScene()
  for (const path of scene.publisher.served.keys())
    if (path.endsWith(`.${CONFIG}`)) scene.publisher.served.set(path, Buffer.from('{"config":2}'))
  await expect(scene.read(CONFIG)).rejects.toEqual(refused(/not the one that it lists/))
  await expect(scene.read('constructor')).rejects.toEqual(refused(/lists no constructor/))
  scene.publisher.served.set('timestamp.json', Buffer.alloc(20_000, ' '))
  rmSync(join(scene.directory, 'cache'), { recursive: true })
  await expect(scene.read()).rejects.toEqual(
    refused(/cannot be read: .*timestamp\.json and answered with more than 16384 bytes/),
  )
})

test('a document that two readers could read in two ways is refused', async () => {
  const scene = await openScene()
  const text = Buffer.from(scene.publisher.served.get('timestamp.json')!).toString()
  scene.publisher.served.set('timestamp.json', Buffer.from(text.replace('{', '{"signed":{},')))
  await expect(scene.read()).rejects.toEqual(refused(/timestamp\.json/))
})

test('the root of the public Sigstore that the package brings is one that it signed itself', async () => {
  const { TrustedMetadata } = await import('../../../src/signing/tuf/trusted-metadata.ts')
  expect(new TrustedMetadata(readFileSync('assets/tuf/root.json'), new Date(NOW)).rootVersion).toBe(16)
  expect(() => new TrustedMetadata(Buffer.from('{}'), new Date(NOW))).toThrow(
    expect.not.objectContaining({ code: 'INTERNAL' }),
  )
  expect(() => new TrustedMetadata(Buffer.from('{}'), new Date(NOW))).not.toThrow(WasmpackError)
})
