import { describe, expect, it } from 'vitest'

import { opened } from '../support/registry/opened.ts'
import { pushThing } from '../oci/artifacts.ts'

describe('a list of tags', () => {
  const json = { 'content-type': 'application/json' }

  it.each([
    ['null', '{"name":"team/app","tags":null}'],
    ['left out', '{"name":"team/app"}'],
    ['empty', '{"name":"team/app","tags":[]}'],
  ])('F53: that is %s has no tags', async (_, body) => {
    const { registry, target } = await opened()
    registry.fault({ path: /\/tags\//, fault: { kind: 'status', status: 200, headers: json, body } })
    expect(await target.tags()).toEqual([])
  })

  it.each(['relative', 'absolute'])('F53: follows a Link that is %s', async (form) => {
    const { registry, target } = await opened()
    const link = `${form === 'absolute' ? registry.origin : ''}/v2/team/app/tags/list?n=1000&last=1`
    registry.fault({
      path: /\/tags\/list\?n=1000$/,
      fault: {
        kind: 'status',
        status: 200,
        headers: { ...json, link: `<${link}>; rel="next"` },
        body: '{"tags":["1"]}',
      },
    })
    registry.fault({
      path: /last=1$/,
      fault: { kind: 'status', status: 200, headers: json, body: '{"tags":["2"]}' },
    })
    expect(await target.tags()).toEqual(['1', '2'])
  })

  it('F53: leaves out tags that no reference can name', async () => {
    const { registry, target } = await opened()
    const body = JSON.stringify({ tags: ['1', '-x', 7, '../x', '\u001b[31m'] })
    registry.fault({ path: /\/tags\//, fault: { kind: 'status', status: 200, headers: json, body } })
    expect(await target.tags()).toEqual(['1'])
  })

  it('S6 F53: stops at pages without an end', async () => {
    const { registry, target } = await opened()
    let page = 0
    registry.fault({
      path: /\/tags\//,
      fault: {
        kind: 'headers',
        get headers() {
          return { link: `</v2/team/app/tags/list?n=1000&last=${page++}>; rel="next"` }
        },
      },
    })
    await pushThing(target, 'a module', '1')
    await expect(target.tags()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('pagination loop') as string,
    })
    expect(registry.log.filter(({ url }) => url.includes('/tags/'))).toHaveLength(1000)
  })

  it('S6: stops at 100,000 entries', async () => {
    const { registry, target } = await opened()
    const body = JSON.stringify({ tags: Array.from({ length: 100_001 }, (_, at) => `t${at}`) })
    registry.fault({ path: /\/tags\//, fault: { kind: 'status', status: 200, headers: json, body } })
    await expect(target.tags()).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
  })
})
