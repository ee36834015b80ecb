import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { admitModule, resolveForAdmission } from '../../src/delivery/admit.ts'
import { createTargetOpener } from '../../src/delivery/open/open-target.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { checkCredentials } from '../../src/oci/registry/auth/check-credentials.ts'
import { parseReference } from '../../src/oci/reference.ts'
import type { Target } from '../../src/oci/target.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import { EPOCH, prepareFixture } from '../delivery/scene.ts'
import { newSigner } from '../signing/scene.ts'
import type { Run } from '../support/child.ts'
import { createHome, runWasmpack } from '../support/cli.ts'
import type { PersonalityName } from '../support/registry/like/personality-name.ts'
import { impatientClock } from '../support/registry/opened.ts'
import { type Registry, type Switches, startRegistry } from '../support/registry/registry.ts'
import { Transport } from '../../src/http/transport.ts'

interface Scene {
  readonly like: PersonalityName
  readonly repository: string
  readonly account?: { readonly username: string; readonly password: string }
  readonly switches?: Switches
}

const robot = { username: 'robot$ci', password: 'ci-password' }
const bob = { username: 'bob', password: 'bob-password' }

const REGISTRIES: readonly Scene[] = [
  { like: 'harbor', repository: 'priv/app', account: robot },
  { like: 'harbor', repository: 'pub/deep/er/app', account: robot },
  { like: 'harbor', repository: 'imm/app', account: robot },
  { like: 'harbor', repository: 'ct/app', account: robot },
  {
    like: 'harbor',
    repository: 'priv/app',
    account: robot,
    // With distribution 3 behind it.
    switches: { brokenUpload: 'kept', contentRange: true, rangeBeyond: 'refused' },
  },
  { like: 'zot', repository: 'app', account: bob },
  {
    like: 'zot',
    repository: 'app',
    account: bob,
    switches: { auth: { kind: 'bearer', like: 'zot', ...bob } },
  },
  { like: 'zot', repository: 'app', account: bob, switches: { immutableTags: 403 } },
  { like: 'distribution', repository: 'team/app' },
  { like: 'docker-registry', repository: 'team/app' },
  { like: 'ecr', repository: 'team/app', account: { username: 'AWS', password: 'ecr-password' } },
  { like: 'ghcr', repository: 'octocat/app', account: { username: 'octocat', password: 'ghp_secret' } },
]

async function started({ like, switches }: Scene): Promise<Registry> {
  const registry = await startRegistry({ like, ...switches })
  onTestFinished(() => registry.close())
  return registry
}

/** A target as one run of the program would open it. */
const open = (
  registry: Registry,
  { repository, account }: Scene,
  purpose?: 'pull' | 'push',
): Promise<Target> =>
  createTargetOpener(
    {
      debug: () => undefined,
      signal: new AbortController().signal,
      ...(account === undefined ? {} : { credential: { kind: 'basic', ...account } as const }),
    },
    purpose,
  )(parseReference(`${registry.host}/${repository}:1`))

const checks = { capabilityCheck: 'required' } as const
const writes = (registry: Registry): readonly string[] =>
  registry.requests().filter((line) => /^(?:PUT|POST|PATCH|DELETE) \/v2/.test(line))

describe.each(REGISTRIES)('a registry like $like, repository $repository, $switches', (scene) => {
  it('takes a signed push, and an unchanged one writes nothing', async () => {
    const registry = await started(scene)
    const signer = await newSigner()
    const prepared = await prepareFixture('as-hello')
    const request = { tags: ['1'], signedAt: EPOCH, signer }
    await publishArtifact(prepared, { ...request, target: await open(registry, scene, 'push') }, {})
    registry.log.length = 0
    await publishArtifact(prepared, { ...request, target: await open(registry, scene, 'push') }, {})
    expect(writes(registry)).toEqual([])
    const target = await open(registry, scene)
    const artifact = await resolveForAdmission(target, '1', { ...checks, verifier: signer.verifier }, {})
    await admitModule(target, artifact, undefined, {})
    expect(
      (await verifySignatures(target, artifact.manifest.digest, signer.verifier)).signatures,
    ).toHaveLength(1)
  })

  it('takes a signature later, and verification tells whose it is', async () => {
    const registry = await started(scene)
    const [signer, stranger] = [await newSigner(), await newSigner()]
    const prepared = await prepareFixture('as-hello')
    const target = await open(registry, scene, 'push')
    await publishArtifact(prepared, { tags: ['1'], signedAt: EPOCH, target }, {})
    const { digest } = prepared.manifest
    await expect(
      verifySignatures(await open(registry, scene), digest, signer.verifier),
    ).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
    })
    await signArtifact(target, prepared.manifest, signer, { created: EPOCH })
    const reader = await open(registry, scene)
    expect((await verifySignatures(reader, digest, signer.verifier)).signatures).toHaveLength(1)
    await expect(verifySignatures(reader, digest, stranger.verifier)).rejects.toMatchObject({
      code: 'SIGNATURE_UNTRUSTED',
    })
  })

  it('survives tokens and passwords that run out between two requests, or says so', async () => {
    const registry = await started(scene)
    const prepared = await prepareFixture('as-hello')
    const target = await open(registry, scene, 'push')
    await publishArtifact(prepared, { tags: ['1'], signedAt: EPOCH, target }, {})
    registry.expireTokens()
    const pulled = resolveForAdmission(
      await open(registry, scene),
      '1',
      { ...checks, verifier: 'ignored' },
      {},
    )
    if (scene.like === 'ecr') await expect(pulled).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    else if (scene.repository.startsWith('ct/'))
      await expect(pulled).rejects.toMatchObject({
        code: 'REGISTRY_REFUSED',
        hint: expect.stringContaining('sign') as string,
      })
    else expect((await pulled).manifest.digest).toBe(prepared.manifest.digest)
  })

  if (scene.account !== undefined)
    it('tells a wrong password at login', async () => {
      const registry = await started(scene)
      const transport = new Transport({ clock: impatientClock() })
      onTestFinished(() => transport.close())
      const right = { kind: 'basic', ...scene.account! } as const
      await checkCredentials(registry.host, right, { transport })
      await expect(
        checkCredentials(registry.host, { ...right, password: 'wrong-password' }, { transport }),
      ).rejects.toMatchObject({ code: 'UNAUTHENTICATED', exit: 7 })
    })
})

describe('a project of Harbor with content trust', () => {
  const scene: Scene = { like: 'harbor', repository: 'ct/app', account: robot }

  it('lets an artifact that was pushed unsigned be pushed again, and be signed', async () => {
    const registry = await started(scene)
    const signer = await newSigner()
    const prepared = await prepareFixture('as-hello')
    const unsigned = { tags: ['1'], signedAt: EPOCH }
    await publishArtifact(prepared, { ...unsigned, target: await open(registry, scene, 'push') }, {})
    registry.log.length = 0
    await publishArtifact(prepared, { ...unsigned, target: await open(registry, scene, 'push') }, {})
    expect(writes(registry)).toEqual([])
    // Who only reads is not let pass: content trust is not to be got round by the name of a tool.
    await expect((await open(registry, scene)).manifest('1')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
    })
    const target = await open(registry, scene, 'push')
    const manifest = await target.manifest(prepared.manifest.digest)
    await signArtifact(target, manifest, signer, { created: EPOCH })
    expect((await (await open(registry, scene)).manifest('1')).digest).toBe(manifest.digest)
  })
})

describe('the command login', () => {
  const bearer = { kind: 'bearer', like: 'zot', ...bob } as const
  it.each([
    ['Harbor', { like: 'harbor' }, robot],
    ['zot, which welcomes everybody', { like: 'zot' }, bob],
    ['zot with tokens', { like: 'zot', auth: bearer }, bob],
  ] as const)(
    'tells a wrong password at %s, keeps none of it, and keeps a right one',
    async (_, switches, { username, password }) => {
      const registry = await startRegistry(switches)
      const home = createHome()
      onTestFinished(async () => {
        home.dispose()
        await registry.close()
      })
      const config = join(home.dockerConfig, 'config.json')
      const login = (stdin: string): Promise<Run> =>
        runWasmpack(home, ['login', registry.host, '-u', username, '--password-stdin', '--debug'], { stdin })
      const refused = await login('wrong-password')
      expect(refused.exit).toBe(7)
      expect(refused.stderr).toMatch(/rejected the credentials|refused the credentials/)
      expect(refused.stdout + refused.stderr).not.toContain('wrong-password')
      expect(existsSync(config)).toBe(false)
      const accepted = await login(password)
      expect(accepted.exit).toBe(0)
      expect(accepted.stdout + accepted.stderr).not.toContain(password)
      expect(readFileSync(config, 'utf8')).toContain(registry.host)
    },
  )
})
