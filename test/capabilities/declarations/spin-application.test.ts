import { describe, expect, test } from 'vitest'

import type { Declaration } from '../../../src/capabilities/declarations/declaration.ts'
import {
  chooseComponent,
  parseSpinApplication,
  readSpinComponent,
} from '../../../src/capabilities/declarations/spin-application.ts'
import { TOML_TEXT_LIMIT } from '../../../src/documents/toml-reader.ts'
import { WasmpackError } from '../../../src/errors.ts'

const read = (table: string, rest = ''): Declaration => {
  const application = parseSpinApplication(
    `spin_manifest_version = 2\n${rest}\n[component.app]\nsource = "app.wasm"\n${table}`,
    'spin.toml',
  )
  return readSpinComponent(
    chooseComponent(application, undefined, () => false),
    'spin.toml',
  )
}

const hosts = (...texts: readonly string[]): Declaration =>
  read(`allowed_outbound_hosts = ${JSON.stringify(texts)}`)

function failureOf(run: () => unknown): WasmpackError {
  try {
    run()
  } catch (error) {
    if (error instanceof WasmpackError) return error
    throw error
  }
  throw new Error('expected an error')
}

describe('an outbound host', () => {
  test.each([
    ['https://api.example.com', ['http.outgoing https://api.example.com']],
    ['https://api.example.com/', ['http.outgoing https://api.example.com']],
    ['https://*.example.com:443', ['http.outgoing https://*.example.com:443']],
    ['http://localhost:*', ['http.outgoing http://localhost:*']],
    ['http://[::1]:8080', ['http.outgoing http://[::1]:8080']],
    ['https://*', ['http.outgoing https://*']],
    ['redis://cache.example.com', ['database.redis cache.example.com:6379']],
    ['mysql://db.example.com:3307', ['database.mysql db.example.com:3307']],
    ['postgres://db.example.com', ['database.postgres db.example.com:5432']],
    ['tcp://10.0.0.0/8:5432', ['sockets.tcp 10.0.0.0/8:5432']],
    ['tcp://db.example.com:5432', ['sockets.tcp db.example.com:5432', 'sockets.dns db.example.com']],
    ['udp://*:53', ['sockets.udp *:53', 'sockets.dns *']],
    [
      '*://*:*',
      [
        'http.outgoing *:*',
        'sockets.tcp *:*',
        'sockets.dns *',
        'sockets.udp *:*',
        'database.postgres *:*',
        'database.mysql *:*',
        'database.redis *:*',
      ],
    ],
  ])('%s is offered as grants', (text, offers) => {
    const { allowances, unexpressed } = hosts(text)
    expect(unexpressed).toEqual([])
    expect(
      allowances.flatMap((one) => one.offers.map(({ grant, item }) => `${grant} ${item as string}`)),
    ).toEqual(offers)
    expect(allowances[0]).toMatchObject({ path: 'component.app.allowed_outbound_hosts[0]', value: text })
  })

  test.each([
    ['https://{{ api_host }}', /known only when Spin runs/],
    ['{{ scheme }}://api.example.com', /known only when Spin runs/],
    ['http://self', /the application itself/],
    ['http://self.alt', /the application itself/],
    ['mqtt://broker.example.com', /topics, not by brokers/],
    ['https://api.example.com:8000..8010', /one port, or every port/],
    ['amqp://broker.example.com:5672', /no grant is for amqp/],
  ])('%s is named and not granted', (text, reason) => {
    const { allowances, unexpressed } = hosts(text)
    expect(allowances).toEqual([])
    expect(unexpressed).toMatchObject([{ value: text, reason: expect.stringMatching(reason) as string }])
  })

  test.each([
    'api.example.com',
    '*',
    '',
    'insecure:allow-all',
    'https://api.example.com/path',
    'https://a*.example.com',
    'https://*.*.example.com',
    'tcp://db.example.com',
    '*://db.example.com',
    'https://api.example.com:0',
    'https://api.example.com:65536',
    'https://user:password@api.example.com',
    '{http,https}://api.example.com:80',
    'https://[::1',
  ])('%s is refused, as Spin does', (text) => {
    const error = failureOf(() => hosts(text))
    expect(error).toMatchObject({ code: 'DECLARATION_INVALID', exit: 5 })
    expect(error.message).toContain('spin.toml: component.app.allowed_outbound_hosts[0] is "')
  })

  test('of the deprecated list is for HTTP with and without TLS', () => {
    const { allowances, unexpressed } = read(
      'allowed_http_hosts = ["api.example.com", "https://b.example.com:8443", "insecure:allow-all", "self"]',
    )
    expect(allowances.flatMap(({ offers }) => offers)).toEqual([
      { grant: 'http.outgoing', item: 'api.example.com' },
      { grant: 'http.outgoing', item: 'b.example.com:8443' },
      { grant: 'http.outgoing', item: '*:*' },
    ])
    expect(unexpressed).toMatchObject([{ value: 'self' }])
  })
})

describe('the other permissions of a component', () => {
  test('are stores, databases, models, variables and files, which are only read', () => {
    const { allowances } = read(`
key_value_stores = ["default"]
sqlite_databases = ["orders"]
ai_models = ["llama2-chat"]
environment = { LOG_LEVEL = "info" }
variables = { token = "{{ secret }}" }
files = ["assets/**/*", "config.json", { source = "www", destination = "/public" }, "**/*"]
`)
    expect(allowances.flatMap(({ offers }) => offers).map(({ grant, item }) => [grant, item])).toEqual([
      ['keyvalue', 'default'],
      ['database.sqlite', 'orders'],
      ['nn.graphs', 'llama2-chat'],
      ['env', 'LOG_LEVEL'],
      ['config', 'token'],
      ['filesystem', { guest: '/assets', mode: 'ro' }],
      ['filesystem', { guest: '/config.json', mode: 'ro' }],
      ['filesystem', { guest: '/public', mode: 'ro' }],
      ['filesystem', { guest: '/', mode: 'ro' }],
    ])
  })

  test('that would become more than they are in a grant are named and not granted', () => {
    const { allowances, unexpressed } = read(`
files = ["assets/*.png", "assets/*"]
exclude_files = ["secret/*"]
key_value_stores = ["*"]
environment = { "APP_*" = "x" }
profile.debug.environment = { DEBUG = "1" }
dependencies = { "a:b/c" = "1.0.0" }
`)
    expect(allowances).toEqual([])
    expect(unexpressed.map(({ path }) => path).toSorted()).toEqual([
      'component.app.dependencies',
      'component.app.environment.APP_*',
      'component.app.exclude_files[0]',
      'component.app.files[0]',
      'component.app.files[1]',
      'component.app.key_value_stores[0]',
      'component.app.profile',
    ])
  })

  test('serve HTTP if a trigger names the component', () => {
    const trigger = (name: string): string => `[[trigger.http]]\nroute = "/..."\ncomponent = "${name}"`
    expect(read('', trigger('app')).allowances).toMatchObject([{ offers: [{ grant: 'http.incoming' }] }])
    expect(read('', trigger('other')).allowances).toEqual([])
    expect(read('', '[[trigger.redis]]\nchannel = "c"\ncomponent = "app"').allowances).toEqual([])
  })
})

describe('a component', () => {
  const application = parseSpinApplication(
    'spin_manifest_version = 2\n[component.web]\nsource = "web.wasm"\n[component.work]\nsource = { url = "https://e.com/w" }',
    'spin.toml',
  )

  test('is chosen by its name, or by its source', () => {
    expect(chooseComponent(application, 'work', () => true).name).toBe('work')
    expect(chooseComponent(application, undefined, (source) => source === 'web.wasm').name).toBe('web')
  })

  test('of several that is not clear is asked for, with the names of all', () => {
    expect(failureOf(() => chooseComponent(application, undefined, () => false))).toMatchObject({
      code: 'USAGE',
      message: 'spin.toml has 2 components: "web", "work"',
      hint: expect.stringContaining('--component NAME') as string,
    })
    expect(failureOf(() => chooseComponent(application, 'wrok', () => false))).toMatchObject({
      message: 'spin.toml has no component "wrok"',
      hint: 'its components are "web", "work"',
    })
  })
})

describe('a malformed application', () => {
  test.each([
    ['a syntax error', 'spin_manifest_version = 2\n[component.app', /^spin\.toml:2:\d+: /],
    ['another version', 'spin_manifest_version = "1"\nname = "x"', /spin_manifest_version is not/],
    ['no version', 'name = "x"', /is not spin_manifest_version = 2/],
    ['no component', 'spin_manifest_version = 2', /no table \[component\.NAME\]/],
    [
      'a component that is no table',
      'spin_manifest_version = 2\ncomponent.app = 1',
      /component "app" is no table/,
    ],
    [
      'an unknown key',
      'spin_manifest_version = 2\ncomponents = 1\n[component.a]',
      /did you mean "component"\?/,
    ],
    ['a name with controls', 'spin_manifest_version = 2\n[component."a\\u001b[2J"]', /"a\\u\{1b\}\[2J"/],
    ['a key of the prototype', 'spin_manifest_version = 2\n[component.__proto__]\nx = 1', /^spin\.toml/],
    ['deep nesting', `spin_manifest_version = 2\nx = ${'['.repeat(5000)}`, /^spin\.toml/],
    ['a long text', `#${'x'.repeat(TOML_TEXT_LIMIT)}`, /expected at most 131072/],
  ])('with %s is refused where it is', (_, text, message) => {
    const error = failureOf(() => parseSpinApplication(text, 'spin.toml'))
    expect(error.code).toBe('DECLARATION_INVALID')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\u001b')
  })

  test('is refused with every problem of a component', () => {
    const error = failureOf(() =>
      read('allowed_outbound_host = []\nfiles = [1, { source = "a" }]\nkey_value_stores = "a"'),
    )
    expect(error.message.split('\n').slice(1)).toEqual([
      expect.stringContaining('did you mean "allowed_outbound_hosts"?'),
      expect.stringContaining('component.app.key_value_stores is "a", expected a list'),
      expect.stringContaining('component.app.files[0] is 1, expected text'),
      expect.stringContaining('component.app.files[1] lacks "destination"'),
    ])
  })
})

test.each([
  ['a dotted key', `${Array.from({ length: 50_000 }, () => 'a').join('.')} = 1`],
  ['a table', `[${Array.from({ length: 40 }, () => 'a').join('.')}]\nx = {y = 1}`],
  ['a list', `a = ${'['.repeat(50_000)}`],
])('%s that is nested too deep is refused', (_, text) => {
  expect(failureOf(() => parseSpinApplication(text, 'spin.toml'))).toMatchObject({
    code: 'DECLARATION_INVALID',
    message: expect.stringMatching(/^spin\.toml:1:\d+: .*nested/),
  })
})
