import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Declaration } from '../../../src/capabilities/declarations/declaration.ts'
import {
  inferFromDeclaration,
  type InferredFromDeclaration,
} from '../../../src/capabilities/declarations/infer-from-declaration.ts'
import {
  chooseComponent,
  parseSpinApplication,
  readSpinComponent,
} from '../../../src/capabilities/declarations/spin-application.ts'
import { parseWassettePolicy } from '../../../src/capabilities/declarations/wassette-policy.ts'
import { renderCapabilityManifest } from '../../../src/capabilities/init/render-manifest.ts'
import { parseCapabilityManifest } from '../../../src/capabilities/manifest/manifest-text.ts'
import { containHttpHosts } from '../../../src/capabilities/values/containment.ts'
import type { Inspection } from '../../../src/wasm/types/inspection.ts'
import { component, core, SAMPLES, wasip1 } from '../samples.ts'

const spin = (table: string): Declaration => {
  const text = `spin_manifest_version = 2\n[component.app]\nsource = "app.wasm"\n${table}`
  return readSpinComponent(
    chooseComponent(parseSpinApplication(text, 'spin.toml'), 'app', () => false),
    'spin.toml',
  )
}

const wassette = (permissions: object): Declaration =>
  parseWassettePolicy(JSON.stringify({ version: '1.0', permissions }), 'policy.yaml')

const infer = (inspection: Inspection, declaration: Declaration): InferredFromDeclaration =>
  inferFromDeclaration(inspection, declaration, { name: 'app' })

const listKinds = ({ contradictions }: InferredFromDeclaration): readonly string[] =>
  contradictions.map(({ kind, message }) => `${kind}: ${message}`)

const FETCH = component({
  'wasi:http/outgoing-handler@0.2.0': ['handle'],
  'wasi:cli/environment@0.2.0': ['get-environment'],
  'wasi:random/random@0.2.0': ['get-random-bytes'],
})

describe('a capability manifest from a declaration', () => {
  test('grants what it allows, and of what it has no word for what the module imports', () => {
    const inferred = infer(
      FETCH,
      spin('allowed_outbound_hosts = ["https://api.example.com"]\nenvironment = { LOG_LEVEL = "info" }'),
    )
    expect(inferred.manifest.spec).toEqual({
      grants: {
        random: true,
        env: { names: ['LOG_LEVEL'] },
        http: { outgoing: { hosts: ['https://api.example.com'] } },
      },
    })
    expect(inferred.contradictions).toEqual([])
  })

  test('says what is imported and not allowed, and leaves its list empty', () => {
    const inferred = infer(FETCH, wassette({}))
    expect(inferred.manifest.spec.grants).toEqual({
      random: true,
      env: { names: [] },
      http: { outgoing: { hosts: [] } },
    })
    expect(listKinds(inferred)).toEqual([
      'not-allowed: wasi:cli/environment@0.2.0#get-environment: policy.yaml allows nothing for env, so its list is empty',
      'not-allowed: wasi:http/outgoing-handler@0.2.0#handle: policy.yaml allows nothing for http.outgoing, so its list is empty',
    ])
  })

  test('does not grant imports that the runtime does not provide', () => {
    const inspection = component({
      'wasi:keyvalue/store@0.2.0-draft': ['open'],
      'acme:host/secret@1.0.0': ['read'],
    })
    const inferred = infer(inspection, wassette({}))
    expect(inferred.manifest.spec).toEqual({ grants: {} })
    expect(listKinds(inferred)).toEqual([
      expect.stringMatching(/^not-allowed: .*wasi:keyvalue.*: policy\.yaml does not let the module open/),
      expect.stringMatching(/^not-allowed: .*acme:host\/secret.*: wassette does not provide it/),
    ])
  })

  test('says what is allowed and not imported', () => {
    const inferred = infer(
      SAMPLES.cHello,
      spin('key_value_stores = ["default"]\nai_models = ["llama2-chat"]'),
    )
    expect(inferred.manifest.spec.grants).toMatchObject({
      keyvalue: { stores: ['default'], access: [] },
      nn: { graphs: ['llama2-chat'] },
    })
    expect(listKinds(inferred)).toEqual([
      'not-imported: component.app.key_value_stores[0] "default": no import needs it',
      'not-imported: component.app.ai_models[0] "llama2-chat": no import needs it',
    ])
  })

  test('grants a host for the protocol that the module imports', () => {
    const sockets = component({
      'wasi:sockets/tcp@0.2.0': ['[method]tcp-socket.start-connect'],
      'wasi:sockets/ip-name-lookup@0.2.0': ['resolve-addresses'],
    })
    const inferred = infer(sockets, spin('allowed_outbound_hosts = ["*://db.example.com:5432"]'))
    expect(inferred.manifest.spec.grants).toEqual({
      sockets: { tcp: { connect: ['db.example.com:5432'], listen: [] }, dns: ['db.example.com'] },
    })
    expect(inferred.contradictions).toEqual([])
  })

  test('names a host that the grant cannot hold', () => {
    const inferred = infer(FETCH, spin('allowed_outbound_hosts = ["http://10.0.0.0/8"]'))
    expect(inferred.manifest.spec.grants.http).toEqual({ outgoing: { hosts: [] } })
    expect(listKinds(inferred)).toContain(
      'not-expressed: component.app.allowed_outbound_hosts[0] "http://10.0.0.0/8": http.outgoing cannot hold it',
    )
  })

  test('denies writing where files are only read', () => {
    const writing = core(
      ...['path_open', 'path_unlink_file'].map((name) => ({ module: 'wasi_snapshot_preview1', name })),
    )
    expect(listKinds(infer(writing, spin('files = ["assets/**/*"]')))).toEqual([
      expect.stringMatching(
        /^not-allowed: .*path_unlink_file: spin\.toml does not let the module create, change/,
      ),
    ])
  })

  test('joins a directory that is named twice, and reads back what it wrote', () => {
    const rule = (access: readonly string[]): object => ({ uri: 'fs://data/**', access })
    const { manifest } = infer(
      wasip1('path_open'),
      wassette({ storage: { allow: [rule(['read']), rule(['read', 'write'])] }, resources: { memory: 64 } }),
    )
    expect(manifest.spec.grants.filesystem).toEqual([{ guest: '/data', mode: 'rw' }])
    expect(
      parseCapabilityManifest(renderCapabilityManifest(manifest, wasip1('path_open')), 'c.yaml'),
    ).toEqual(manifest)
  })

  test('of 10,000 hosts is refused with its size', () => {
    const allow = Array.from({ length: 10_000 }, (_, at) => ({ host: `h${at}.example.com` }))
    const text = JSON.stringify({ version: '1.0', permissions: { network: { allow } } })
    expect(() => parseWassettePolicy(text, 'policy.yaml')).toThrow('expected at most 131072')
    const table = `allowed_outbound_hosts = [${allow
      .slice(0, 3000)
      .map(({ host }) => `"https://${host}"`)
      .join(',')}]`
    expect(() => infer(FETCH, spin(table))).toThrow('as canonical JSON, expected at most 65536')
  })

  test('never reaches a host that the declaration does not', () => {
    const label = fc.constantFrom('a', 'b', '*', 'example', 'com', '10', '0')
    const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
    const entry = fc.tuple(
      fc.constantFrom('http', 'https', '*', 'redis'),
      host,
      fc.constantFrom('', ':80', ':*', ':8443'),
    )
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), (entries) => {
        const texts = entries.map(([scheme, name, port]) => `${scheme}://${name}${port}`)
        let declaration: Declaration
        try {
          declaration = spin(`allowed_outbound_hosts = ${JSON.stringify([...new Set(texts)])}`)
        } catch {
          return
        }
        const declared = entries.flatMap(([scheme, name, port]) =>
          scheme === '*' ? [`${name}${port}`] : scheme === 'redis' ? [] : [`${scheme}://${name}${port}`],
        )
        const hosts = infer(FETCH, declaration).manifest.spec.grants.http!.outgoing!.hosts
        expect(hosts.filter((one) => !containHttpHosts(declared)(one))).toEqual([])
      }),
    )
  })
})
