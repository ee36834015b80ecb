import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { admitModule, resolveForAdmission } from '../../src/delivery/admit.ts'
import { CAPABILITY_PREDICATE } from '../../src/attestations/predicates/capabilities.ts'
import { openModuleFile } from '../../src/delivery/files/module-file.ts'
import { createOutputFile } from '../../src/delivery/files/output-file.ts'
import type { Artifact, PreparedPush } from '../../src/delivery/prepare.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { WasmpackError } from '../../src/errors.ts'
import { Transport } from '../../src/http/transport.ts'
import { inParallel } from '../../src/in-parallel.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import type { Target } from '../../src/oci/target.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { EPOCH, NOTHING, prepareWhole, temporaryDirectory } from '../delivery/scene.ts'
import { Random } from '../fuzz/random.ts'
import { newSigner } from '../signing/scene.ts'
import { always, impatientClock } from '../support/registry/opened.ts'
import { type Registry, startRegistry, type Switches } from '../support/registry/registry.ts'
import { flaws } from '../support/registry/wholeness.ts'
import { hurryStalls } from '../support/time.ts'
import { type Hit, Weather } from './weather.ts'

const SEED = 20261125
const RUNS = 500
const AT_ONCE = 4

const ACCOUNT = { username: 'alice', password: 'canary-of-the-password' }
/** What no output may contain: the password in both its forms, any token, the state of an upload, a presigned URL's secret. */
const SECRETS = [
  ACCOUNT.password,
  Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64'),
  'issued-token',
  'secret-state',
  'presigned-secret',
]
const REPOSITORY = 'team/app'
const TAG = '1.0.0'

interface Scenario {
  readonly command: 'push' | 'pull'
  readonly size: number
  readonly signed: boolean
  readonly switches: Switches
  /** One request of so many is hit. */
  readonly calm: number
  readonly stalls: boolean
}

/** Small ones fit one piece, the others are sent and received in many. */
const SIZES = [1000, 300_000, 2_000_000] as const

function scenarioOf(run: number): Scenario {
  const random = new Random(SEED, run)
  const auth = random.of([
    { kind: 'none' },
    { kind: 'basic', ...ACCOUNT },
    { kind: 'bearer', ...ACCOUNT },
    { kind: 'bearer', like: 'harbor', ...ACCOUNT },
  ] as const)
  return {
    command: random.of(['push', 'pull']),
    size: random.of(SIZES),
    signed: random.once(2),
    switches: {
      auth,
      referrersApi: !random.once(3),
      location: random.of(['relative', 'absolute', 'other-origin']),
      blobs: random.of(['here', 'here', 'other-origin']),
      ranges: !random.once(3),
      conditions: random.once(2),
    },
    calm: random.of([2, 3, 5, 10]),
    stalls: random.once(4),
  }
}

/** The statuses that the faults of a run may end it with. */
function justified(hits: readonly Hit[], { signed }: Scenario): ReadonlySet<number> {
  const statuses = new Set<number>()
  for (const { method, purpose, fault } of hits) {
    if (fault === 'expired tokens') continue
    const damages = fault === 'flip' || fault === 'html'
    if (!damages || purpose === 'token') statuses.add(9)
    else if (method === 'GET') {
      // A web page is no manifest of a registry, and the wrong bytes of a blob.
      if (fault === 'html') statuses.add(9)
      statuses.add(5)
      // Signatures that do not arrive as they were made do not count.
      if (signed) statuses.add(4)
    }
  }
  // A token that expired is renewed; a new one that is refused at once ends a run.
  const expired = hits.filter(({ fault }) => fault === 'expired tokens')
  if (expired.length > 1 || expired.some(({ earlier }) => earlier < 2)) statuses.add(7)
  return statuses
}

interface Outcome {
  readonly scenario: Scenario
  readonly exit: number
  readonly hits: readonly Hit[]
  /** What was not as it must be, in words. */
  readonly faults: readonly string[]
}

/** What the runs have in common: modules and what they make, and who signs. */
interface Stage {
  readonly modules: ReadonlyMap<
    number,
    { readonly bytes: Buffer; readonly prepared: PreparedPush & Artifact }
  >
  readonly signer: Signer
  readonly directory: string
}

async function stage(): Promise<Stage> {
  const directory = temporaryDirectory()
  const entries = SIZES.map(async (size) => {
    const path = join(directory, `${size}.wasm`)
    const bytes = moduleOf(size)
    writeFileSync(path, bytes)
    const module = await openModuleFile(path)
    onTestFinished(() => module.close())
    const options = { title: 'app.wasm', capabilities: NOTHING, annotations: {}, created: EPOCH }
    return [size, { bytes, prepared: await prepareWhole(module, options) }] as const
  })
  return { modules: new Map(await Promise.all(entries)), signer: await newSigner(), directory }
}

/** A module that imports nothing and has no two pieces alike. */
function moduleOf(size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, at) =>
    createHash('sha256').update(String(at)).digest(),
  )
  const content = Buffer.concat([Buffer.from([4]), Buffer.from('note'), ...blocks])
  const length: number[] = []
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80)
    if (rest < 0x80) break
  }
  return Buffer.concat([Buffer.from('\0asm\x01\0\0\0'), Buffer.from([0, ...length]), content])
}

async function attempt(run: number, { modules, signer, directory }: Stage): Promise<Outcome> {
  const scenario = scenarioOf(run)
  const { bytes, prepared } = modules.get(scenario.size)!
  const registry = await startRegistry(scenario.switches)
  const said: string[] = []
  const client = (purpose: 'push' | 'pull'): { readonly target: Target; readonly close: () => void } => {
    const transport = new Transport({ clock: impatientClock(), debug: (line) => said.push(line) })
    const credentials = always({ kind: 'basic', ...ACCOUNT })
    const reference = { kind: 'registry', registry: registry.host, repository: REPOSITORY } as const
    return {
      target: openRegistry(reference, { transport, credentials, purpose }),
      close: () => transport.close(),
    }
  }
  const output = join(directory, String(run))
  mkdirSync(output)
  const push = (target: Target): Promise<unknown> =>
    publishArtifact(
      prepared,
      { target, tags: [TAG], signedAt: EPOCH, ...(scenario.signed ? { signer } : {}) },
      {},
    )
  const pull = async (target: Target): Promise<void> => {
    const verifier = scenario.signed ? signer.verifier : 'ignored'
    const opened = await resolveForAdmission(target, TAG, { verifier, capabilityCheck: 'required' }, {})
    const file = await createOutputFile(join(output, 'app.wasm'), { what: 'module' })
    try {
      await admitModule(target, opened, file, {})
      await file.commit()
    } finally {
      await file.discard()
    }
  }
  const journey = scenario.command === 'push' ? push : pull
  const [before, storm, after] = [client('push'), client(scenario.command), client(scenario.command)]
  const stopHurrying = scenario.stalls ? hurryStalls(registry) : () => undefined
  const weather = new Weather(registry, { seed: SEED + run, calm: scenario.calm, stalls: scenario.stalls })
  const faults: string[] = []
  let exit = 0
  try {
    if (scenario.command === 'pull') await push(before.target)
    registry.misbehave(weather.choose)
    await journey(storm.target).catch((error: unknown) => {
      exit = error instanceof WasmpackError ? error.exit : 1
      said.push(wordsOf(error))
      if (!justified(weather.hits, scenario).has(exit)) faults.push(`exit ${exit} of ${wordsOf(error)}`)
    })
    registry.clearFaults()
    faults.push(...wrong(scenario, exit, { registry, output, bytes, prepared }))
    faults.push(...SECRETS.filter((secret) => said.some((line) => line.includes(secret))))
    await journey(after.target).catch((error: unknown) => faults.push(`once more: ${wordsOf(error)}`))
    faults.push(...wrong(scenario, 0, { registry, output, bytes, prepared }))
    if (faults.length > 0)
      faults.push(JSON.stringify(scenario), ...weather.hits.map((hit) => JSON.stringify(hit)))
  } finally {
    for (const { close } of [before, storm, after]) close()
    await registry.close()
    stopHurrying()
  }
  return { scenario, exit, hits: weather.hits, faults: faults.map((fault) => `run ${run}: ${fault}`) }
}

/** Everything that may be printed of an error, with --debug and as JSON. */
const wordsOf = (error: unknown): string =>
  error instanceof WasmpackError
    ? [error.code, error.message, error.hint, JSON.stringify(error.details), error.stack].join('\n')
    : String((error as Error).stack)

/** What a run left behind that it must not have left. */
function wrong(
  { command, signed, switches }: Scenario,
  exit: number,
  left: {
    readonly registry: Registry
    readonly output: string
    readonly bytes: Buffer
    readonly prepared: PreparedPush & Artifact
  },
): readonly string[] {
  const found: string[] = []
  const { store } = left.registry
  if (command === 'push') {
    const attached = signed ? [SIGNATURE_PREDICATE, CAPABILITY_PREDICATE] : []
    found.push(...flaws(store, { attached, referrersApi: switches.referrersApi === true }))
    const named = store.repositories.get(REPOSITORY)?.tags.get(TAG)
    if (exit === 0 && named !== left.prepared.manifest.digest) found.push(`the tag names ${named}`)
  } else {
    const files = readdirSync(left.output)
    if (exit !== 0 && files.length > 0) found.push(`there are ${files.join(', ')}`)
    if (exit === 0 && files.join() !== 'app.wasm') found.push(`there are ${files.join(', ')}`)
    else if (exit === 0 && !readFileSync(join(left.output, 'app.wasm')).equals(left.bytes))
      found.push('the module has other bytes')
  }
  return found
}

test(
  `S20: ${RUNS} pushes and pulls under random faults succeed with the right bytes or fail with the right status, and say no secret`,
  { timeout: 900_000 },
  async () => {
    const set = await stage()
    const runs = Array.from({ length: RUNS }, (_, run) => run)
    const stalls = (run: number): boolean => scenarioOf(run).stalls
    const outcomes = [
      ...(await inParallel(
        runs.filter((run) => !stalls(run)),
        AT_ONCE,
        (run) => attempt(run, set),
      )),
      // One after the other: time is stopped, and goes by, for all that runs.
      ...(await inParallel(runs.filter(stalls), 1, (run) => attempt(run, set))),
    ]
    expect(outcomes.flatMap(({ faults }) => faults)).toEqual([])
    // What would show nothing: faults that never came, or that nothing survived.
    const hit = new Set(outcomes.flatMap(({ hits }) => hits.map(({ fault }) => fault)))
    expect([...hit].toSorted()).toEqual([
      'drop',
      'drop-answer',
      'drop-upload',
      'early-status',
      'expired tokens',
      'flip',
      'html',
      'late-status',
      'stall',
      'status',
      'truncate',
    ])
    for (const command of ['push', 'pull'] as const) {
      const runs = outcomes.filter(({ scenario }) => scenario.command === command)
      expect(runs.map(({ exit }) => exit)).toEqual(
        expect.arrayContaining(command === 'pull' ? [0, 4, 5, 9] : [0, 5, 9]),
      )
      const succeeded = runs.filter(({ exit }) => exit === 0).length
      expect(succeeded / runs.length).toBeGreaterThan(0.3)
      expect(succeeded / runs.length).toBeLessThan(0.8)
    }
  },
)
