import { describe, expect, test } from 'vitest'

import { evaluateAll } from '../../../src/capabilities/evaluate/evaluate.ts'
import type { Verdict } from '../../../src/capabilities/evaluate/verdict.ts'
import { printable } from '../../../src/printable.ts'
import { component, core, granting, judging, SAMPLES, wasip1, wit } from '../samples.ts'

const errors = (verdict: Verdict): (string | undefined)[] =>
  verdict.findings.filter(({ severity }) => severity === 'error').map((finding) => finding.import)

const statuses = (verdict: Verdict): Record<string, string> =>
  Object.fromEntries(verdict.grants.map(({ grant, status }) => [grant, status]))

describe('evaluate, of toolchains', () => {
  test('allows a C hello-world to write, and asks for nothing else', () => {
    expect(errors(judging(SAMPLES.cHello, granting({})))).toEqual(['wasi_snapshot_preview1.fd_write'])
    expect(judging(SAMPLES.cHello, granting({ stdio: ['stdout', 'stderr'] }))).toMatchObject({
      allowed: true,
      findings: [],
    })
  })

  test('denies each import of a C program on files that a read-only manifest does not grant', () => {
    const verdict = judging(
      SAMPLES.cFiles,
      granting({
        stdio: ['stdin', 'stdout', 'stderr'],
        args: true,
        env: { names: ['HOME'] },
        filesystem: [{ guest: '/data', mode: 'ro' }],
      }),
    )
    expect(verdict.allowed).toBe(false)
    expect(errors(verdict)).toEqual([
      'wasi_snapshot_preview1.clock_time_get',
      'wasi_snapshot_preview1.path_create_directory',
      'wasi_snapshot_preview1.path_unlink_file',
    ])
    expect(verdict.findings[1]?.message).toMatch(/not granted: every directory is read-only$/)
    expect(verdict.findings[1]?.grant).toBe('filesystem: [{guest: /data, mode: rw}]')
    expect(statuses(verdict)).toMatchObject({ filesystem: 'runtime', env: 'runtime', args: 'proved' })
  })

  test('lists what Go imports twice once', () => {
    const verdict = judging(SAMPLES.goHello, granting({}))
    expect(errors(verdict).filter((shown) => shown?.endsWith('fd_write'))).toHaveLength(1)
    expect(
      judging(
        SAMPLES.goHello,
        granting({
          stdio: ['stdout', 'stderr'],
          clocks: ['wall', 'monotonic'],
          random: true,
          args: true,
          env: { names: [] },
        }),
      ),
    ).toMatchObject({ allowed: true, findings: [] })
  })

  test('wants no filesystem for an adapted hello-world, though it imports wasi:filesystem', () => {
    const grants = {
      stdio: ['stdin', 'stdout', 'stderr', 'terminal'],
      args: true,
      env: { names: [] },
    } as const
    expect(judging(SAMPLES.adaptedHello, granting(grants))).toMatchObject({ allowed: true, findings: [] })
    expect(judging(SAMPLES.adaptedHello, granting({ ...grants, filesystem: [] })).findings).toEqual([
      {
        rule: 'unused-grant',
        severity: 'warning',
        message: 'filesystem is granted, but no import needs it',
        path: 'spec.grants.filesystem',
      },
    ])
  })

  test('wants a filesystem for an adapted program on files', () => {
    const verdict = judging(SAMPLES.adaptedFiles, granting({ stdio: ['stdout'] }))
    expect(verdict.findings.map((finding) => [finding.import, finding.class, finding.risk])).toEqual([
      ['wasi:filesystem/types@0.2.12#[method]descriptor.create-directory-at', 'fs.write', 'high'],
      ['wasi:filesystem/types@0.2.12#[method]descriptor.open-at', 'fs.open', 'high'],
      ['wasi:filesystem/types@0.2.12#[method]descriptor.unlink-file-at', 'fs.write', 'high'],
    ])
  })

  test('says what the import of AssemblyScript is and how to grant it', () => {
    const [finding] = judging(SAMPLES.assemblyScriptHello, granting({})).findings
    expect(finding).toMatchObject({ rule: 'unknown-import', severity: 'error', import: 'env.abort' })
    expect(finding?.message).toMatch(/AssemblyScript/)
    expect(finding?.grant).toBe(
      'hostInterfaces: [{module: env, names: [abort], type: "(i32, i32, i32, i32) -> ()"}]',
    )
    expect(
      judging(SAMPLES.assemblyScriptHello, granting({}, [{ module: 'env', names: ['abort'] }])),
    ).toMatchObject({ allowed: true, findings: [] })
  })

  test('needs no grant for functions of the JavaScript engine', () => {
    const builtins = core(
      { module: 'wasm:js-string', name: 'concat' },
      { module: 'wasm:text-encoder', name: 'encodeStringToUTF8Array' },
      { module: 'wasm:text-decoder', name: 'decodeStringFromUTF8Array' },
    )
    expect(judging(builtins, granting({}))).toMatchObject({ allowed: true, findings: [] })
    expect(judging(core({ module: 'wasm:js-string', name: 'eval' }), granting({})).allowed).toBe(false)
  })

  test('finds ungranted string constants once for their module, whatever their names hold, and says how to grant them', () => {
    const constant = (name: string) => ({ module: 'S', name, kind: 'global', type: 'externref' }) as const
    const found = core(constant('a\u0007\n'), constant('wasi:cli/exit'), constant('c'))
    const [finding, ...others] = judging(found, granting({})).findings
    expect(others).toEqual([])
    expect(finding).toMatchObject({ rule: 'unknown-import', severity: 'error', imports: 3 })
    expect(finding?.message).toContain('S."a\\u{7}\\u{a}"')
    expect(finding?.grant).toBe('hostInterfaces: [{importedStringConstants: S}]')
    expect(judging(found, granting({}, [{ importedStringConstants: 'S' }]))).toMatchObject({
      allowed: true,
      findings: [],
      grants: [{ status: 'proved' }],
    })
    expect(judging(found, granting({}, [{ importedStringConstants: 'T' }])).allowed).toBe(false)
  })

  test('grants by importedStringConstants neither functions nor mutable or other globals', () => {
    const others = [{}, { kind: 'global', type: 'mut externref' }, { kind: 'global', type: 'i32' }] as const
    for (const other of others)
      expect(
        judging(core({ module: 'S', name: 'a', ...other }), granting({}, [{ importedStringConstants: 'S' }]))
          .allowed,
      ).toBe(false)
  })

  test('shows a host interface with many names by the first of them', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const { grants } = judging(core({ name: 'a' }), granting({}, [{ module: 'env', names }]))
    expect(grants.map(({ grant }) => grant)).toEqual([
      'hostInterfaces: {module: env, names: [a, b, c, d, "and 2 more"]}',
    ])
  })

  test('allows a component without imports under a manifest without grants', () => {
    expect(judging(SAMPLES.silent, granting({}))).toEqual({
      allowed: true,
      findings: [],
      grants: [],
      limits: [],
    })
  })
})

describe('evaluate, of grants', () => {
  test('covers fd_read and fd_write by a filesystem only where files can be opened', () => {
    const grants = granting({ filesystem: [{ guest: '/', mode: 'rw' }] })
    expect(judging(wasip1('fd_read fd_write'), grants).allowed).toBe(false)
    expect(judging(wasip1('fd_read fd_write path_open'), grants).allowed).toBe(true)
  })

  test('does not let a read-only filesystem cover fd_write', () => {
    const grants = granting({ filesystem: [{ guest: '/', mode: 'ro' }] })
    expect(errors(judging(wasip1('fd_read fd_write path_open'), grants))).toEqual([
      'wasi_snapshot_preview1.fd_write',
    ])
  })

  test('reads an empty list as: allowed, and nothing reached', () => {
    const verdict = judging(SAMPLES.adaptedFiles, granting({ stdio: ['stdout'], filesystem: [] }))
    expect(verdict.allowed).toBe(true)
    expect(statuses(verdict)).toEqual({ 'stdio.stdout': 'proved', filesystem: 'runtime' })
  })

  test('counts an exported handler as a use of http.incoming', () => {
    const grants = granting({ http: { incoming: true } })
    expect(judging(component({}, ['wasi:http/incoming-handler@0.2.4']), grants).findings).toEqual([])
    expect(judging(component({}, ['wasi:http/handler@0.3.0']), grants).findings).toEqual([])
    expect(judging(component({}, ['wasi:http/types@0.2.4']), grants).findings).toHaveLength(1)
  })

  test('tells the network from what is done with it', () => {
    const network = component({ 'wasi:sockets/instance-network@0.2.0': ['instance-network'] })
    expect(judging(network, granting({})).allowed).toBe(false)
    expect(statuses(judging(network, granting({ sockets: {} })))).toEqual({ sockets: 'proved' })
    expect(statuses(judging(network, granting({ sockets: { dns: [] } })))).toEqual({
      'sockets.dns': 'unused',
    })
    const tcp = component({ 'wasi:sockets/tcp@0.2.0': ['[method]tcp-socket.start-connect'] })
    expect(judging(tcp, granting({ sockets: {} })).allowed).toBe(false)
    expect(judging(tcp, granting({ sockets: { udp: { connect: [], listen: [] } } })).allowed).toBe(false)
    expect(judging(tcp, granting({ sockets: { tcp: { connect: [], listen: [] } } })).allowed).toBe(true)
  })

  test('asks for exit to raise a signal, and never to end', () => {
    expect(judging(wasip1('proc_exit'), granting({})).allowed).toBe(true)
    expect(judging(wasip1('proc_raise'), granting({})).allowed).toBe(false)
    expect(judging(wasip1('proc_raise'), granting({ exit: true })).allowed).toBe(true)
    expect(statuses(judging(wasip1('proc_exit'), granting({ exit: true })))).toEqual({ exit: 'proved' })
  })
})

describe('evaluate, of unknown imports', () => {
  test('denies a function that the catalogue does not know in an interface that it knows', () => {
    const found = component({ 'wasi:cli/exit@0.2.99': ['exit', 'exit-others'] })
    expect(errors(judging(found, granting({})))).toEqual(['wasi:cli/exit@0.2.99#exit-others'])
    const host = [{ component: 'wasi:cli/exit@0.2.0', functions: ['exit-others'] }]
    expect(judging(found, granting({}, host)).allowed).toBe(true)
  })

  test('never lets a name pass by a rule', () => {
    const host = [{ module: 'wasi_snapshot_preview1', names: ['path_open'] }]
    const verdict = judging(wasip1('path_open'), granting({}, host))
    expect(verdict.findings.map(({ rule }) => rule)).toEqual(['not-granted', 'unused-grant'])
  })

  test('decides by what an instance implements, over its label', () => {
    const disguised = component([
      {
        name: 'harmless',
        implements: 'wasi:filesystem/types@0.2.3',
        functions: ['[method]descriptor.open-at'],
      },
    ])
    expect(judging(disguised, granting({})).findings[0]).toMatchObject({ class: 'fs.open' })
    const store = component([
      {
        name: 'primary',
        implements: 'acme:keyvalue/store@0.2.0-draft',
        externalId: 'users',
        functions: ['open'],
      },
    ])
    const by = (host: Parameters<typeof granting>[1]): boolean => judging(store, granting({}, host)).allowed
    expect(by([{ component: 'primary', functions: ['open'] }])).toBe(false)
    expect(by([{ implements: 'acme:keyvalue/store@0.2.0-draft', functions: ['open'] }])).toBe(true)
    expect(by([{ implements: 'acme:keyvalue/store@0.2.0', functions: ['open'] }])).toBe(false)
    const narrow = { implements: 'acme:keyvalue/store@0.2.0-draft', functions: ['open'] }
    expect(by([{ ...narrow, as: ['secondary'] }])).toBe(false)
    expect(by([{ ...narrow, as: ['primary'], externalId: ['users'] }])).toBe(true)
    expect(by([{ ...narrow, externalId: ['orders'] }])).toBe(false)
  })

  test('decides by a label that looks like WASI only if nothing else is implemented', () => {
    const disguised = component([
      { name: 'wasi:random/random@0.2.0', implements: 'acme:spy/all@1.0.0', functions: ['get-random-u64'] },
    ])
    expect(judging(disguised, granting({ random: true })).allowed).toBe(false)
  })

  test('reads a version suffix as part of the version', () => {
    const suffixed = (versionSuffix: string) =>
      component([{ name: 'wasi:cli/exit@0.2', versionSuffix, functions: ['exit'] }])
    expect(judging(suffixed('.6'), granting({})).allowed).toBe(true)
    expect(judging(suffixed('.6-rc.1'), granting({})).allowed).toBe(false)
  })

  test('reads the version suffix of a label as part of the version that it implements', () => {
    const labelled = (versionSuffix: string) =>
      component([{ name: 'leave', implements: 'wasi:cli/exit@0.2', versionSuffix, functions: ['exit'] }])
    expect(judging(labelled('.6'), granting({})).allowed).toBe(true)
    expect(judging(labelled('.6-rc.1'), granting({})).findings).toMatchObject([
      { rule: 'unknown-import', import: 'leave#exit (implements wasi:cli/exit@0.2.6-rc.1)' },
    ])
  })

  test('denies foreign code, functions and values of no interface, and dependency names', () => {
    const found = component([
      { name: 'mod', kind: 'module' },
      { name: 'log', kind: 'func' },
      { name: 'answer', kind: 'value' },
      { name: 'unlocked-dep=<acme:log>', kind: 'component' },
      { name: 'request', kind: 'type' },
      { name: 'acme:types/all@1.0.0', kind: 'instance' },
    ])
    const verdict = judging(found, granting({}))
    expect(errors(verdict)).toEqual(['mod', 'log', 'answer', 'unlocked-dep=<acme:log>'])
    expect(verdict.findings.map(({ rule }) => rule)).toEqual([
      'foreign-code',
      'unknown-import',
      'unknown-import',
      'foreign-code',
    ])
    expect(verdict.findings[3]?.message).toMatch(/another component by reference/)
    const host = [
      { component: 'mod', kind: 'module' as const },
      { component: 'log', kind: 'func' as const },
      { component: 'answer', kind: 'value' as const },
      { component: 'unlocked-dep=<acme:log>', kind: 'component' as const },
    ]
    expect(judging(found, granting({}, host))).toMatchObject({ allowed: true, findings: [] })
  })

  test.each([
    'unlocked-dep=<acme:log>',
    'locked-dep=<acme:log@1.0.0>',
    'url=<https://a.example>',
    'integrity=<sha256-x>',
  ])('denies the dependency %s whatever kind it has, even without functions', (name) => {
    for (const kind of ['instance', 'component', 'module', 'func'] as const) {
      const lenient = granting({})
      const spec = { ...lenient.spec, onUnknownImport: 'warn' as const }
      const verdict = judging(component([{ name, kind }]), { ...lenient, spec })
      expect(verdict).toMatchObject({ allowed: false, findings: [{ rule: 'foreign-code' }] })
    }
  })

  test.each(['module code', 'component code', 'module inner/code'])(
    'never lets pass with a warning that an instance has to export a %s',
    (item) => {
      const { spec, ...lenient } = granting({})
      const verdict = judging(component({ 'acme:x/y@1.0.0': [item] }), {
        ...lenient,
        spec: { ...spec, onUnknownImport: 'warn' },
      })
      expect(verdict).toMatchObject({ allowed: false, findings: [{ rule: 'foreign-code' }] })
      const host = [{ component: 'acme:x/y@1.0.0', functions: [item] }]
      expect(judging(component({ 'acme:x/y@1.0.0': [item] }), granting({}, host)).allowed).toBe(true)
    },
  )

  test('denies shared memories, tables and globals until they are granted as such', () => {
    const found = core({ name: 'memory', kind: 'memory', type: 'memory 1..2 shared' })
    const by = (host: Parameters<typeof granting>[1]) => judging(found, granting({}, host)).findings[0]?.rule
    expect(by([])).toBe('unknown-import')
    expect(by([{ module: 'env', names: ['memory'] }])).toBe('wrong-kind')
    expect(by([{ module: 'env', names: ['memory'], kind: 'memory', type: 'memory 1..3 shared' }])).toBe(
      'wrong-type',
    )
    expect(by([{ module: 'env', names: ['memory'], kind: 'memory', type: 'memory 1..2  shared' }])).toBe(
      undefined,
    )
    const masked = core({ module: 'wasi_snapshot_preview1', name: 'fd_write', kind: 'memory' })
    expect(judging(masked, granting({ stdio: ['stdout'] })).findings[0]?.rule).toBe('wrong-kind')
  })

  test('judges two types of one name apart', () => {
    const found = core({ name: 'f', type: '(i32) -> ()' }, { name: 'f', type: '(i64) -> ()' })
    const host = [{ module: 'env', names: ['f'], type: '(i32)->()' }]
    expect(judging(found, granting({}, host)).findings.map(({ rule, offset }) => [rule, offset])).toEqual([
      ['wrong-type', 11],
    ])
  })

  test('warns of a host interface that no import needs', () => {
    const host = [{ module: 'env', names: ['abort'] }]
    expect(judging(SAMPLES.cHello, granting({ stdio: ['stdout'] }, host)).findings).toEqual([
      {
        rule: 'unused-grant',
        severity: 'warning',
        message: 'hostInterfaces: {module: env, names: [abort]} is granted, but no import needs it',
        path: 'spec.hostInterfaces[0]',
      },
    ])
  })

  test('shows no name that could drive a terminal', () => {
    const name = 'a\u001b[2J\u202eb\u200b\u0085'
    const verdict = judging(
      core({ name }, { module: name, name: 'm', kind: 'memory', type: name }),
      granting({}, [{ module: name, names: ['m'], kind: 'memory', type: name + name }]),
    )
    expect(verdict.findings).toHaveLength(3)
    const texts = [...verdict.findings, ...verdict.grants].flatMap((found) =>
      Object.values(found).filter((value) => typeof value === 'string'),
    )
    expect(texts.filter((text) => printable(text) !== text)).toEqual([])
    expect(verdict.findings[0]?.import).toBe('env.a\\u{1b}[2J\\u{202e}b\\u{200b}\\u{85}')
  })
})

test('evaluate refuses a WIT package', () => {
  expect(() => judging(wit, granting({}))).toThrow(
    expect.objectContaining({ code: 'MODULE_MALFORMED', message: expect.stringContaining('WIT package') }),
  )
})

describe('evaluateAll', () => {
  const wide = granting({ stdio: ['stdout', 'stderr'], random: true })

  test('allows only what each of the manifests allows, and says which one does not', () => {
    const verdict = evaluateAll({ inspection: SAMPLES.cHello }, [wide, granting({})])
    expect(verdict.allowed).toBe(false)
    expect(verdict.findings.map(({ rule, manifest }) => [rule, manifest])).toEqual([
      ['unused-grant', 0],
      ['not-granted', 1],
    ])
    expect(verdict.findings[1]?.message).toMatch(/\(capability manifest 2 of 2, "sample"\)$/)
    expect(evaluateAll({ inspection: SAMPLES.cHello }, [wide, wide]).allowed).toBe(true)
  })

  test('refuses to judge without a manifest', () => {
    expect(() => evaluateAll({ inspection: SAMPLES.cHello }, [])).toThrow('needs a capability manifest')
  })
})
