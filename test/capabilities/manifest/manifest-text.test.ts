import { describe, expect, test } from 'vitest'

import { parseCapabilityManifest } from '../../../src/capabilities/manifest/manifest-text.ts'
import { WasmpackError } from '../../../src/errors.ts'

const HEAD = 'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: {name: sample}\n'

const parse = (text: string) => parseCapabilityManifest(text, 'c.yaml')

/** The problems of a text, each with its place. */
function problems(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof WasmpackError)) throw error
    expect(error.code).toBe('CAPABILITY_MANIFEST_INVALID')
    const found = error.details?.['problems'] as { at: string; message: string }[]
    return found.map(({ at, message }) => `${at}: ${message}`)
  }
  return []
}

const FULL = `${HEAD}spec:
  grants:
    stdio: [stdin, stdout, stderr, terminal]
    clocks: [wall, monotonic, timezone]
    random: true
    args: true
    cwd: true
    exit: true
    env: {names: [LOG_LEVEL, "APP_*", NO]}
    filesystem: [{guest: /data, mode: ro}, {guest: /tmp/a.b, mode: rw}, {guest: ., mode: ro}]
    http: {outgoing: {hosts: ["https://api.example.com", "*.corp:8443", "[::1]:80"]}, incoming: true}
    sockets: {tcp: {connect: ["10.0.0.0/8:5432"]}, udp: false, dns: [db.internal]}
  hostInterfaces:
    - {component: "acme:audit/log@0.3", functions: [emit]}
    - {component: log, kind: func}
    - {module: env, names: [custom_log], type: "(i32,i32)->()"}
    - {module: env, names: [memory], kind: memory}
    - {implements: "wasi:keyvalue/store@0.2.0-draft", functions: [open], as: [primary], externalId: [users-db]}
`

describe('parseCapabilityManifest', () => {
  test('reads every grant', () => {
    expect(parse(FULL).spec).toEqual({
      grants: {
        stdio: ['stdin', 'stdout', 'stderr', 'terminal'],
        clocks: ['wall', 'monotonic', 'timezone'],
        random: true,
        args: true,
        cwd: true,
        exit: true,
        env: { names: ['LOG_LEVEL', 'APP_*', 'NO'] },
        filesystem: [
          { guest: '/data', mode: 'ro' },
          { guest: '/tmp/a.b', mode: 'rw' },
          { guest: '.', mode: 'ro' },
        ],
        http: {
          outgoing: { hosts: ['https://api.example.com', '*.corp:8443', '[::1]:80'] },
          incoming: true,
        },
        sockets: { tcp: { connect: ['10.0.0.0/8:5432'], listen: [] }, dns: ['db.internal'] },
      },
      hostInterfaces: [
        { component: 'acme:audit/log@0.3', functions: ['emit'] },
        { component: 'log', kind: 'func' },
        { module: 'env', names: ['custom_log'], type: '(i32,i32)->()' },
        { module: 'env', names: ['memory'], kind: 'memory' },
        {
          implements: 'wasi:keyvalue/store@0.2.0-draft',
          functions: ['open'],
          as: ['primary'],
          externalId: ['users-db'],
        },
      ],
    })
  })

  test('reads JSON, with tabs too', () => {
    const json = JSON.stringify(parse(FULL), null, '\t')
    expect(parse(json)).toEqual(parse(FULL))
  })

  test('takes what is false for absent', () => {
    expect(parse(`${HEAD}spec: {grants: {random: false, http: {incoming: false}}}`).spec.grants).toEqual({
      http: {},
    })
  })

  test('finds the one capability manifest among documents of its family', () => {
    const policy = 'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nspec: {ceiling: {}}\n'
    expect(parse(`${policy}---\n${HEAD}spec: {grants: {}}\n---\n`).metadata.name).toBe('sample')
    expect(problems(policy)).toEqual(['c.yaml:1:1: found no CapabilityManifest in the file'])
    expect(problems('')).toEqual(['c.yaml:1:1: found no CapabilityManifest in the file'])
    const one = `${HEAD}spec: {grants: {}}\n`
    expect(problems(`${one}---\n${one}`)).toEqual([
      'c.yaml:6:1: found a second CapabilityManifest in the file, expected one',
    ])
    expect(problems(`${one}---\nkind: Deployment\n`)).toEqual([
      'c.yaml:6:1: found a document of kind "Deployment", expected CapabilityManifest, CapabilityPolicy or TrustPolicy',
    ])
  })

  test('reports every problem of a document in one error, each with its place', () => {
    const text = `apiVersion: wasmpack.dev/v1
kind: CapabilityManifest
metadata: {name: "", label: x}
spec:
  grants:
    stdio: [stdot, stdin, stdin]
    filesytem: []
    random: "yes"
    env: {names: [A=B, 7]}
    filesystem:
      - guest: /data/../etc
        mode: ro
      - {guest: /a, mode: r}
      - {guest: /b, mode: ro}
      - {guest: /b, mode: rw}
    http: {outgoing: {hosts: ["https://a.example/path"]}}
    sockets: {tcp: true, udp: {connect: [nowhere]}}
  hostInterfaces:
    - {modul: env, names: [a]}
    - {module: env, names: []}
  limit: {}
  limits: {memory: {maxPages: -1, requireMax: 1}, size: 20 MB, modules: 1.5, startFunction: never}
  features: {baseline: wasm-4.0, allow: [simd, SIMD]}
  target: wasip4
  onUnused: false
  onUnknownImport: ignore
`
    expect(problems(text)).toEqual([
      'c.yaml:1:13: apiVersion is "wasmpack.dev/v1", expected wasmpack.dev/v1alpha1',
      'c.yaml:3:18: metadata.name is "", expected one line of at most 253 characters',
      'c.yaml:3:22: unknown key "label" in metadata; known are name, description',
      'c.yaml:6:13: spec.grants.stdio[0] is "stdot", expected one of stdin, stdout, stderr, terminal',
      'c.yaml:6:27: spec.grants.stdio[2] repeats an earlier item',
      'c.yaml:7:5: unknown key "filesytem" in spec.grants; did you mean "filesystem"?',
      'c.yaml:8:13: spec.grants.random is "yes", expected true or false',
      'c.yaml:9:19: spec.grants.env.names[0] is "A=B", expected a name such as LOG_LEVEL, or a prefix such as APP_*',
      'c.yaml:9:24: spec.grants.env.names[1] is 7, expected text; put it in quotes',
      'c.yaml:11:16: spec.grants.filesystem[0].guest is "/data/../etc", expected an absolute path such as /data, without "..", or "."',
      'c.yaml:13:27: spec.grants.filesystem[1].mode is "r", expected one of ro, rw',
      'c.yaml:15:9: spec.grants.filesystem[3] repeats an earlier item',
      'c.yaml:16:31: spec.grants.http.outgoing.hosts[0] is "https://a.example/path", expected a host such as https://api.example.com, *.example.com:8443 or [::1]:8080, without a path',
      'c.yaml:17:20: spec.grants.sockets.tcp is true, expected a mapping',
      'c.yaml:17:42: spec.grants.sockets.udp.connect[0] is "nowhere", expected an address such as db.example.com:5432, 10.0.0.0/8:5432 or [::1]:*',
      'c.yaml:19:7: spec.hostInterfaces[0] lacks "module", "component", "implements" or "importedStringConstants"',
      'c.yaml:20:28: spec.hostInterfaces[1].names is empty',
      'c.yaml:21:3: unknown key "limit" in spec; did you mean "limits"?',
      'c.yaml:22:31: spec.limits.memory.maxPages is -1, expected a whole number of at least 0',
      'c.yaml:22:47: spec.limits.memory.requireMax is 1, expected true or false',
      'c.yaml:22:57: spec.limits.size is "20 MB", expected a number of bytes, or a size such as 20MiB',
      'c.yaml:22:73: spec.limits.modules is 1.5, expected a whole number of at least 0',
      'c.yaml:22:93: spec.limits.startFunction is "never", expected one of allow, deny',
      'c.yaml:23:24: spec.features.baseline is "wasm-4.0", expected one of wasm-1.0, wasm-2.0, wasm-3.0, lime1',
      'c.yaml:23:48: spec.features.allow[1] is "SIMD", expected a known name; did you mean "simd"?',
      'c.yaml:24:11: spec.target is "wasip4", expected wasip1, wasip2, wasip3, proxy-wasm@0.2.1, or a world such as wasi:http/proxy@0.2',
      'c.yaml:25:13: spec.onUnused is false, expected one of error, warn, ignore',
      'c.yaml:26:20: spec.onUnknownImport is "ignore", expected one of error, warn',
    ])
    expect(() => parse(text)).toThrow(/^c\.yaml is not a valid capability manifest:\n  c\.yaml:1:13: /)
  })

  test('says the place in the message when there is one problem', () => {
    expect(() => parse(`${HEAD}spec: {grants: {stdoi: []}}`)).toThrow(
      /^c\.yaml:4:17: unknown key "stdoi" in spec\.grants; did you mean "stdio"\?$/,
    )
  })

  test.each([
    [
      'a repeated key',
      `${HEAD}spec: {grants: {}}\nkind: CapabilityManifest\n`,
      /5:1: the key "kind" is repeated/,
    ],
    ['an anchor', `${HEAD}spec: &a {grants: {}}`, /4:.*: anchors \(&"a"\) are not supported/],
    ['an alias', `${HEAD}spec: {grants: *a}`, /4:16: /],
    ['a tag', `${HEAD}spec: !!map {grants: {}}`, /4:.*: tags/],
    ['a merge key', `${HEAD}spec: {<<: {grants: {}}}`, /4:8: unknown key "<<"/],
    [
      'a key that is no text',
      `${HEAD}spec: {grants: {1: true}}`,
      /4:17: found a key that is not text, expected text/,
    ],
    ['an empty value', `${HEAD}spec:\n`, /4:6: spec is empty, expected a mapping/],
    ['YAML 1.1', `%YAML 1.1\n---\n${HEAD}spec: {grants: {}}`, /expected YAML 1.2/],
    ['text that is no YAML', `${HEAD}spec: {grants: [}`, /c\.yaml:4:/],
    ['a list', '- a\n- b\n', /1:1: the document is a list, expected a mapping/],
    ['a key of every object', `${HEAD}spec: {grants: {__proto__: {}}}`, /unknown key "__proto__"/],
  ])('refuses %s', (_, text, expected) => {
    expect(problems(text).join('\n')).toMatch(expected)
  })

  test('refuses nesting that would exhaust the stack, at once', () => {
    expect(problems('['.repeat(60_000))).toEqual(['c.yaml:1:33: nested more than 32 levels deep'])
    expect(problems('- '.repeat(30_000))).toEqual(['c.yaml:1:65: nested more than 32 levels deep'])
    expect(problems('{a: '.repeat(10_000))).toHaveLength(1)
    expect(problems('? '.repeat(10_000))).toHaveLength(1)
  })

  test('expands no alias', () => {
    const bomb = `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`
    expect(problems(bomb).filter((problem) => /aliases|anchors/.test(problem))).toHaveLength(6)
  })

  test('refuses text and canonical JSON that are too large', () => {
    expect(problems(' '.repeat(300_000))[0]).toMatch(/^c\.yaml:1:1: the text has 300000 characters/)
    const names = Array.from({ length: 7000 }, (_, index) => `VARIABLE_${index}`)
    expect(problems(`${HEAD}spec: {grants: {env: {names: [${names.join()}]}}}`)[0]).toMatch(
      /^c\.yaml:1:1: the document is \d+ bytes as canonical JSON, expected at most 65536$/,
    )
  })

  test('shows a hostile key and file name escaped', () => {
    try {
      parseCapabilityManifest(`${HEAD}"sp\\u202eec": {}`, 'a\u001b.yaml')
      expect.unreachable()
    } catch (error) {
      expect((error as WasmpackError).message).toContain('a\\u{1b}.yaml:4:1: unknown key "sp\\u{202e}ec"')
    }
  })
})
