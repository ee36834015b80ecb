import { describe, expect, it, onTestFinished } from 'vitest'

import { Transport } from '../../../src/http/transport.ts'
import type { Credential } from '../../../src/oci/registry/credentials/credential.ts'
import { openCredentials } from '../../../src/oci/registry/credentials/credentials.ts'
import { openRegistry } from '../../../src/oci/registry/registry-target.ts'
import { type Opened, impatientClock, opened } from '../../support/registry/opened.ts'
import { startRegistry } from '../../support/registry/registry.ts'
import { blobFrom, pushThing } from '../artifacts.ts'

const account = { username: 'robot$ci', password: 'canary-password' } as const
const credential: Credential = { kind: 'basic', ...account }

describe('targets that are opened with the same options', () => {
  const openSecond = ({ registry, options }: Opened, repository: string): ReturnType<typeof openRegistry> =>
    openRegistry({ kind: 'registry', registry: registry.host, repository }, options)

  it('share the tokens of one repository', async () => {
    const first = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    await pushThing(first.target, 'a module', '1.0.0')
    first.registry.log.length = 0
    await openSecond(first, 'team/app').resolve('1.0.0')
    expect(first.registry.requests()).toEqual(['HEAD /v2/team/app/manifests/1.0.0'])
  })

  it('share how the registry authenticates, and no token of one repository is used for another', async () => {
    const first = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    await pushThing(first.target, 'a module', '1.0.0')
    const sent = new Set(first.registry.log.map(({ headers }) => headers.authorization))
    first.registry.log.length = 0
    await pushThing(openSecond(first, 'team/other'), 'a module', '1.0.0')
    expect(first.registry.requests().slice(0, 2)).toEqual([
      'GET /token',
      'POST /v2/team/other/blobs/uploads/',
    ])
    const [token, ...rest] = first.registry.log
    expect(new URL(token!.url, first.registry.origin).searchParams.getAll('scope')).toEqual([
      'repository:team/other:pull,push',
    ])
    expect(rest).toHaveLength(5)
    for (const { headers } of rest) expect(sent).not.toContain(headers.authorization)
  })

  it.each(['basic', 'bearer'] as const)(
    'never show the credential of one registry to another one (%s)',
    async (kind) => {
      const [one, other] = [
        await startRegistry({ auth: { kind, ...account } }),
        await startRegistry({ auth: { kind, ...account } }),
      ]
      onTestFinished(async () => {
        await Promise.all([one.close(), other.close()])
      })
      const transport = new Transport({ clock: impatientClock() })
      onTestFinished(() => transport.close())
      const credentials = openCredentials({
        explicit: { registry: one.host, credential },
        files: () => [],
      })
      const open = (registry: string): ReturnType<typeof openRegistry> =>
        openRegistry({ kind: 'registry', registry, repository: 'team/app' }, { transport, credentials })
      await open(one.host).push(blobFrom('a module'))
      await expect(open(other.host).push(blobFrom('a module'))).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        exit: 7,
      })
      expect(one.log.some(({ headers }) => headers.authorization !== undefined)).toBe(true)
      expect(other.log.length).toBeGreaterThan(0)
      for (const { url, headers } of other.log) {
        expect(headers.authorization).toBeUndefined()
        expect(url).not.toContain('account=')
      }
    },
  )
})
