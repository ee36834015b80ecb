import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { inParallel } from '../../src/in-parallel.ts'
import { Random } from '../fuzz/random.ts'
import { plainModule } from './modules.ts'
import { createHome, type Home, runWasmpack, startWasmpack } from '../support/cli.ts'
import { startRegistry, type Registry } from '../support/registry/registry.ts'
import { flaws } from '../support/registry/wholeness.ts'

/** Of push and of pull, each. */
const MOMENTS = 50
const AT_ONCE = 2
const SEED = 20_261_126
const SIZE = 4 * 1024 * 1024
const TIMEOUT = 300_000

interface Scene {
  readonly home: Home
  readonly registry: Registry
  /** With the tag 1, of the very module that is pushed. */
  readonly source: string
  readonly digest: string
}

async function scene(): Promise<Scene> {
  const [home, registry] = [createHome(), await startRegistry()]
  onTestFinished(async () => {
    home.dispose()
    await registry.close()
  })
  const noise = Buffer.concat(
    Array.from({ length: SIZE / 32 }, (_, at) => createHash('sha256').update(String(at)).digest()),
  )
  writeFileSync(join(home.work, 'app.wasm'), plainModule(noise))
  for (const args of [
    ['init', 'app.wasm'],
    ['generate-key-pair', '--output-key-prefix', 'k'],
  ])
    await succeeds(home, args)
  const source = `${registry.host}/team/source:1`
  await succeeds(home, ['push', source, 'app.wasm', '--key', 'k.key'])
  return { home, registry, source, digest: (await succeeds(home, ['resolve', source])).split('@')[1]!.trim() }
}

const ENV = { COSIGN_PASSWORD: '' }

async function succeeds(home: Home, args: readonly string[]): Promise<string> {
  const run = await runWasmpack(home, args, { env: ENV })
  if (run.exit !== 0) throw new Error(`wasmpack ${args.join(' ')} ended with ${run.exit}: ${run.stderr}`)
  return run.stdout
}

/** Runs it to a moment and kills it there; false if it was faster. */
async function killed(
  home: Home,
  args: readonly string[],
  moment: (kill: () => void) => void,
): Promise<boolean> {
  const child = startWasmpack(home, args, { env: ENV })
  moment(() => child.process.kill('SIGKILL'))
  return (await child.ended).exit === 137
}

/**
 * Tries ever earlier moments until one hits, the n-th time with `share` of the whole way; a machine is never as fast as it was.
 * At last it is none of the way: no run ends before that.
 */
async function untilKilled(attempt: (share: number, nth: number) => Promise<boolean>): Promise<void> {
  const last = 7
  for (let nth = 0; !(await attempt(nth < last ? 0.75 ** nth : 0, nth)); nth++)
    if (nth === last) throw new Error('a run ended though it was killed at once')
}

/** A moment of a run that takes about so many milliseconds, most of them after the program has been loaded. */
const inTime =
  (random: Random, duration: number) =>
  (kill: () => void): void => {
    if (duration === 0) kill()
    else setTimeout(kill, duration * (0.3 + 0.7 * (random.below(1000) / 1000)))
  }

/** When the registry is asked for the n-th time by this run, or a moment later. */
const atRequest =
  (registry: Registry, path: string, random: Random, requests: number) =>
  (kill: () => void): void => {
    if (requests === 0) return kill()
    let left = 1 + random.below(requests)
    const later = random.below(4)
    whenAsked.set(path, () => {
      if (--left === 0) setTimeout(kill, later)
    })
    registry.misbehave((_, url) => {
      for (const [each, hear] of whenAsked) if (url.startsWith(`/v2/${each}/`)) hear()
      return undefined
    })
  }
const whenAsked = new Map<string, () => void>()

/** Everything that is wrong with a layout: a tag must lead to what is whole, and every file under a digest must have it. */
function layoutFlaws(path: string): readonly string[] {
  if (!existsSync(join(path, 'index.json'))) return []
  const blobs = join(path, 'blobs/sha256')
  const there = existsSync(blobs) ? readdirSync(blobs) : []
  const digestOf = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(blobs, name)))
      .digest('hex')
  const named = there.filter((name) => /^[0-9a-f]{64}$/.test(name))
  const flaws = named.filter((name) => digestOf(name) !== name).map((name) => `${name} has other bytes`)
  const read = (bytes: Buffer): any => JSON.parse(bytes.toString())
  const follow = (descriptor: { readonly digest: string; readonly mediaType: string }): readonly string[] => {
    const hex = descriptor.digest.slice('sha256:'.length)
    if (!named.includes(hex)) return [`${descriptor.digest} is not there`]
    if (!descriptor.mediaType.includes('manifest')) return []
    const { config, layers } = read(readFileSync(join(blobs, hex)))
    return [config, ...layers].flatMap(follow)
  }
  return [...flaws, ...read(readFileSync(join(path, 'index.json'))).manifests.flatMap(follow)]
}

/** What the one tag of a layout names, which has a signature and an attestation besides. */
function namedIn(path: string): string | undefined {
  const { manifests } = JSON.parse(readFileSync(join(path, 'index.json'), 'utf8')) as {
    readonly manifests: readonly { readonly digest: string; readonly annotations?: Record<string, string> }[]
  }
  const names = manifests.filter(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === '1',
  )
  return names.length === 1 && manifests.length > 2 ? names[0]!.digest : undefined
}

/** What has the name of something finished and is not. */
const leftovers = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => !/^\.wasmpack-(?:[0-9a-f]{16}\.partial|lock\..*)$/.test(name))

test(
  `a push that is killed at any of ${MOMENTS} moments leaves nothing corrupt, and is completed by the next one`,
  { timeout: TIMEOUT },
  async () => {
    const { home, registry, digest } = await scene()
    const begun = performance.now()
    await succeeds(home, ['push', 'oci-layout:first:1', 'app.wasm', '--key', 'k.key'])
    const duration = performance.now() - begun
    const faults = await inParallel(
      Array.from({ length: MOMENTS }, (_, at) => at),
      AT_ONCE,
      async (at) => {
        const random = new Random(SEED, at)
        const intoLayout = at % 2 === 0
        let [name, args] = ['', [''] as readonly string[]]
        await untilKilled((share, nth) => {
          name = intoLayout ? `layout-${at}-${nth}` : `kill/push-${at}-${nth}`
          const repository = intoLayout ? `oci-layout:${name}` : `${registry.host}/${name}`
          args = ['push', `${repository}:1`, 'app.wasm', '--key', 'k.key']
          const moment = intoLayout
            ? inTime(random, share * duration * AT_ONCE)
            : atRequest(registry, name, random, Math.ceil(share * 17))
          return killed(home, args, moment)
        })
        const wrong = (): readonly string[] =>
          intoLayout
            ? layoutFlaws(join(home.work, name))
            : flaws(registry.store, { attached: [SIGNATURE_PREDICATE] })
        const corrupt = wrong()
        await succeeds(home, args)
        const named = intoLayout
          ? namedIn(join(home.work, name))
          : registry.store.repositories.get(name)?.tags.get('1')
        return [...corrupt, ...wrong(), ...(named === digest ? [] : [`1 in ${name} is ${named}`])]
      },
    )
    expect(faults.flat()).toEqual([])
  },
)

test(
  `a pull that is killed at any of ${MOMENTS} moments leaves no file that is not whole, nor in the cache`,
  { timeout: TIMEOUT },
  async () => {
    const { home, registry, source } = await scene()
    const module = readFileSync(join(home.work, 'app.wasm'))
    const begun = performance.now()
    await succeeds(home, ['pull', source, '-o', 'first.wasm', '--key', 'k.pub'])
    const duration = performance.now() - begun
    const faults = await inParallel(
      Array.from({ length: MOMENTS }, (_, at) => at),
      AT_ONCE,
      async (at) => {
        const random = new Random(SEED, at)
        const output = join(home.work, `pulled-${at}`)
        mkdirSync(output)
        // One cache for many, which are killed in turn.
        const cache = at % 2 === 0 ? [] : ['--cache', `cache-${at % 5}`]
        const args = ['pull', source, '-o', join(output, 'app.wasm'), '--key', 'k.pub', ...cache]
        await untilKilled((share) => {
          rmSync(join(output, 'app.wasm'), { force: true })
          const moment =
            at % 3 === 0
              ? atRequest(registry, 'team/source', random, Math.ceil(share * 6))
              : inTime(random, share * duration * AT_ONCE)
          return killed(home, args, moment)
        })
        whenAsked.clear()
        const whole = (): boolean => readFileSync(join(output, 'app.wasm')).equals(module)
        const early = leftovers(output)
        const corrupt =
          early.length > 0 && !(early.join() === 'app.wasm' && whole()) ? [`there is ${early.join()}`] : []
        await succeeds(home, args)
        return [
          ...corrupt,
          ...(leftovers(output).join() === 'app.wasm' && whole() ? [] : [`${output} is not whole`]),
        ]
      },
    )
    expect(faults.flat()).toEqual([])
  },
)
