import { describe, expect, it } from 'vitest'

import { type RegistryReference, parseReference } from '../../../src/oci/reference.ts'
import { type Locations, RegistriesConf } from '../../../src/oci/registry/registries-conf.ts'

const conf = (...texts: readonly string[]): RegistriesConf =>
  new RegistriesConf(texts.map((text, at) => ({ name: `${at}.conf`, text })))

/** The mirrors, then the primary location, as `host/repository`. */
function placesOf(rules: RegistriesConf, name: string): readonly string[] | undefined {
  const located: Locations | undefined = rules.locate(parseReference(name) as RegistryReference)
  return located && [...located.mirrors.map(({ reference }) => reference), located.primary].map(nameOf)
}

const nameOf = ({ registry, repository }: RegistryReference): string => `${registry}/${repository}`

describe('RegistriesConf.locate', () => {
  it('follows the example of containers-registries.conf(5)', () => {
    const rules = conf(`
      unqualified-search-registries = ["example.com"]
      [[registry]]
      prefix = "example.com/foo"
      insecure = false
      blocked = false
      location = "internal-registry-for-example.com/bar"
      [[registry.mirror]]
      location = "example-mirror-0.local/mirror-for-foo"
      [[registry.mirror]]
      location = "example-mirror-1.local/mirrors/foo"
      insecure = true
      [[registry]]
      location = "registry.com"
      [[registry.mirror]]
      location = "mirror.registry.com"`)
    expect(placesOf(rules, 'example.com/foo/image:latest')).toEqual([
      'example-mirror-0.local/mirror-for-foo/image',
      'example-mirror-1.local/mirrors/foo/image',
      'internal-registry-for-example.com/bar/image',
    ])
    expect(placesOf(rules, 'registry.com/image:latest')).toEqual([
      'mirror.registry.com/image',
      'registry.com/image',
    ])
    for (const name of [
      'example.com/foobar:1',
      'example.com/bar:1',
      'registry.com.evil/a:1',
      'registry.com:5000/a:1',
    ])
      expect(placesOf(rules, name)).toBeUndefined()
  })

  it('takes the longest prefix, wildcards among them, and the later of two files', () => {
    const rules = conf(
      `[[registry]]
       prefix = "*.example.com"
       [[registry.mirror]]
       location = "mirror.local/all"
       [[registry]]
       location = "a.example.com"
       [[registry.mirror]]
       location = "first.local"`,
      `[[registry]]
       location = "a.example.com"
       [[registry.mirror]]
       location = "second.local"`,
    )
    expect(placesOf(rules, 'b.c.example.com/x:1')).toEqual(['mirror.local/all/x', 'b.c.example.com/x'])
    expect(placesOf(rules, 'a.example.com/x:1')).toEqual(['second.local/x', 'a.example.com/x'])
    expect(placesOf(rules, 'example.com/x:1')).toBeUndefined()
  })

  it('knows the images of Docker Hub by their whole names', () => {
    const rules = conf(`
      [[registry]]
      location = "docker.io/library"
      [[registry.mirror]]
      location = "mirror.local/hub"`)
    expect(placesOf(rules, 'docker.io/alpine:1')).toEqual([
      'mirror.local/hub/alpine',
      'docker.io/library/alpine',
    ])
    expect(placesOf(rules, 'docker.io/team/app:1')).toBeUndefined()
  })

  it('tells what a mirror serves', () => {
    const rules = conf(`
      [[registry]]
      location = "a.example"
      mirror-by-digest-only = true
      [[registry.mirror]]
      location = "m.example"
      [[registry]]
      location = "b.example"
      [[registry.mirror]]
      location = "m.example"
      pull-from-mirror = "tag-only"`)
    const serves = (name: string) =>
      rules.locate(parseReference(name) as RegistryReference)!.mirrors.map((mirror) => mirror.serves)
    expect(serves('a.example/x:1')).toEqual(['digest-only'])
    expect(serves('b.example/x:1')).toEqual(['tag-only'])
  })

  it.each([
    ['127.0.0.1:5000', '[::ffff:127.0.0.1]:5000/app'],
    ['127.0.0.1:5000', '127.1:5000/app'],
    ['a.example', 'a.example:443/app'],
    ['a.example:443/team', 'a.example/team/app'],
    ['index.docker.io', 'docker.io/team/app'],
    ['registry-1.docker.io/library', 'docker.io:443/alpine'],
  ])('finds the rule for %s by the value of the host in %s', (prefix, name) => {
    const blocking = conf(`[[registry]]\nlocation = "${prefix}"\nblocked = true`)
    expect(() => blocking.locate(parseReference(`${name}:1`) as RegistryReference)).toThrow('is blocked by')
    const moved = conf(`[[registry]]\nprefix = "${prefix}"\nlocation = "b.example/x"`)
    const { primary } = moved.locate(parseReference(`${name}:1`) as RegistryReference)!
    expect(`${primary.registry}/${primary.repository}`).toMatch(/^b\.example\/x\/[a-z/]+$/)
  })

  it('refuses what is blocked', () => {
    const rules = conf('[[registry]]\nlocation = "a.example/secret"\nblocked = true')
    expect(() => rules.locate(parseReference('a.example/secret/x:1') as RegistryReference)).toThrow(
      expect.objectContaining({ code: 'REGISTRY_REFUSED', exit: 8 }),
    )
    expect(placesOf(rules, 'a.example/public:1')).toBeUndefined()
  })
})

describe('a registries configuration file is refused', () => {
  it.each([
    ['no TOML', 'registry = [', 'is not valid TOML: line 1'],
    ['of version 1', "[registries.block]\nregistries = ['a.example']", 'has format version 1'],
    ['a table in place of a list', '[registry]\nlocation = "a.example"', 'is not a [[registry]] table'],
    ['no location', '[[registry]]\nprefix = "a.example"', 'location is missing'],
    ['neither', '[[registry]]\nblocked = true', 'prefix and location are missing'],
    ['a URL', '[[registry]]\nlocation = "https://a.example"', 'is not host[:port][/namespace]'],
    ['a wildcard inside', '[[registry]]\nprefix = "a.*.example"\nlocation = "b.example"', 'is neither host'],
    ['a tag', '[[registry]]\nprefix = "a.example/x:1"\nlocation = "b.example"', 'is neither host'],
    ['a misspelt key', '[[registry]]\nlocation = "a.example"\nblokced = true', 'unknown key "blokced"'],
    [
      'a word for a boolean',
      '[[registry]]\nlocation = "a.example"\nblocked = "yes"',
      'blocked is not a boolean',
    ],
    ['a proxy', '[[registry]]\nlocation = "a.example"\nproxy = "http://p:1"', 'proxy is not supported'],
    [
      'a mirror without location',
      '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\n',
      'a mirror has no location',
    ],
    [
      'a mirror for something else',
      '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\nlocation = "m.example"\npull-from-mirror = "some"',
      'pull-from-mirror is "some"',
    ],
    [
      'a contradiction',
      '[[registry]]\nlocation = "a.example"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.example"\npull-from-mirror = "all"',
      'contradicts',
    ],
    ['a prefix twice', '[[registry]]\nlocation = "a.example"\n[[registry]]\nlocation = "a.example"', 'twice'],
  ])('%s', (_, text, problem) => {
    expect(() => conf(text)).toThrow(
      expect.objectContaining({
        code: 'REGISTRIES_INVALID',
        exit: 5,
        message: expect.stringContaining(problem) as string,
        hint: expect.stringContaining('--registries-conf') as string,
      }),
    )
  })
})
