import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

import { formatRendered } from '../../../src/commands/show/rendered.ts'
import { sortKeys, writeYaml } from '../../../src/documents/yaml-text.ts'
import { renderFixture } from './scene.ts'

test.each([
  'a: b',
  'a #b',
  '- x',
  '&anchor *alias',
  '---\nkind: Secret',
  '"\n\'',
  '0x1F',
  '1:30',
  'yes',
  'null',
  '~',
  '2026-12-01',
  '!!js/function x',
  '{{ .Values }}',
  '\u202Eevil',
  '\u0007\u2028',
  '__proto__',
  '',
])('YAML keeps the text %j as it is, for readers of 1.1 and 1.2', (text) => {
  const value = { [text]: [text, { text }], other: text }
  const written = writeYaml([value])
  for (const version of ['1.1', '1.2'] as const) {
    const [document, ...more] = parseAllDocuments(written, { version, merge: false }) as unknown as readonly {
      toJS(): unknown
      errors: readonly unknown[]
    }[]
    expect(more).toEqual([])
    expect(document!.errors).toEqual([])
    expect(document!.toJS()).toEqual(value)
  }
  for (const hidden of ['\u202E', '\u0007', '\u2028']) expect(written).not.toContain(hidden)
})

test('keys are sorted in every object, also one that is called __proto__', () => {
  const value = JSON.parse('{"b": {"d": 1, "__proto__": 2}, "a": [{"z": 1, "y": 2}]}') as object
  expect(JSON.stringify(sortKeys(value))).toBe('{"a":[{"y":2,"z":1}],"b":{"__proto__":2,"d":1}}')
})

test('names of a capability manifest with YAML or shell in them stay names', async () => {
  const spec = `{grants: {stdio: [stdin, stdout, stderr], filesystem: [{guest: "/a b;$(reboot)'", mode: rw}, {guest: "/x: {y}", mode: ro}, {guest: "/c:d", mode: rw}]}}`
  const runwasi = await renderFixture('c-files', 'runwasi', { spec })
  const [deployment] = parseAllDocuments(formatRendered(runwasi)) as unknown as readonly [{ toJS(): never }]
  expect(deployment.toJS()).toMatchObject({
    spec: { template: { spec: { containers: [{ volumeMounts: [{ mountPath: "/a b;$(reboot)'" }] }] } } },
  })
  expect(runwasi.enforcement).toContainEqual(
    expect.objectContaining({ by: 'nobody', items: ['/x: {y} (ro)', '/c:d (rw)'] }),
  )
  const directories = new Map([
    ["/a b;$(reboot)'", '-x'],
    ['/x: {y}', 'x'],
    ['/c:d', 'c'],
  ])
  const command = await renderFixture('c-files', 'wasmtime', { spec, options: { directories } })
  expect(formatRendered(command)).toContain(`'--dir=-x::/a b;$(reboot)'\\'''`)
})

test('a variable that no pod can have is not passed', async () => {
  const spec = '{grants: {stdio: [stdout, stderr], env: {names: ["A;B", "X:y", "{a}", OK]}}}'
  const rendered = await renderFixture('rust-hello', 'runwasi', { spec })
  const text = formatRendered(rendered)
  expect(text).toContain('- name: OK\n')
  expect(text).not.toMatch(/A;B|X:y|\{a\}/)
})

test('a colon that Wasmtime would split at, and a directory that is not granted, are refused', async () => {
  const spec = '{grants: {stdio: [stdin, stdout, stderr], filesystem: [{guest: /data, mode: rw}]}}'
  const render = (directories: ReadonlyMap<string, string>) =>
    renderFixture('c-files', 'wasmtime', { spec, options: { directories } })
  await expect(render(new Map([['/data', 'a::/etc']]))).rejects.toThrow('"::" separates the two')
  await expect(render(new Map())).rejects.toThrow('no directory of the host is given')
  await expect(
    render(
      new Map([
        ['/data', 'a'],
        ['/etc', '/etc'],
      ]),
    ),
  ).rejects.toThrow('--dir names "/etc", which is not granted')
})

test('a capability manifest that grants nothing opens nothing', async () => {
  const runwasi = formatRendered(await renderFixture('http-serve', 'runwasi'))
  expect(runwasi).toContain('egress: []\n')
  for (const target of ['runwasi', 'wasmcloud']) {
    const spec = '{grants: {random: true, http: {outgoing: {hosts: []}}}}'
    const cilium = target === 'runwasi' ? { options: { network: 'cilium' as const } } : {}
    const text = formatRendered(await renderFixture('http-fetch', target, { spec, ...cilium }))
    expect(text).toContain(target === 'runwasi' ? 'egress:\n    - {}\n' : 'allowedHosts: []\n')
    expect(text).not.toMatch(/toEntities|to: \[\]|toFQDNs: \[\]/)
  }
})

test('ten thousand hosts are more than a capability manifest holds, and as many as it holds are rendered', async () => {
  const listHosts = (count: number): string =>
    `{grants: {random: true, http: {outgoing: {hosts: [${Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}`).join()}]}}}}`
  await expect(renderFixture('http-fetch', 'runwasi', { spec: listHosts(10_000) })).rejects.toThrow(
    'expected at most 65536',
  )
  const rendered = await renderFixture('http-fetch', 'runwasi', { spec: listHosts(4_500) })
  // Without a protocol a host is granted for both.
  expect(formatRendered(rendered).match(/cidr: /g)).toHaveLength(9_000)
  expect(rendered.enforcement.filter(({ by }) => by === 'nobody')).toEqual([])
})
