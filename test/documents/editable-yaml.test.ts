import { describe, expect, test } from 'vitest'

import { type EditableNode, type EditableScalar, EditableYaml } from '../../src/documents/editable-yaml.ts'

const read = (text: string): EditableYaml => new EditableYaml('app.yaml', text)

function at(node: EditableNode | undefined, ...keys: readonly (string | number)[]): EditableNode {
  return keys.reduce((found: EditableNode | undefined, key) => {
    if (found?.kind === 'map') return found.entries.get(String(key))
    return found?.kind === 'list' ? found.items[Number(key)] : undefined
  }, node)!
}

const scalar = (node: EditableNode): EditableScalar => {
  if (node.kind !== 'scalar') throw new Error('expected a scalar')
  return node
}

describe('a text that can be edited', () => {
  test.each([
    ['a plain scalar', 'image: host/app:1 # why\n', 'image: host/app:2 # why\n'],
    ['single quotes', "image: 'host/app:1'\n", "image: 'host/app:2'\n"],
    ['double quotes', 'image:   "host/app:1"\r\nrest: 1\r\n', 'image:   "host/app:2"\r\nrest: 1\r\n'],
    ['a block scalar', 'image: >-\n  host/app:1\nrest: 1\n', 'image: >-\n  host/app:2\nrest: 1\n'],
    ['a flow map', '{ "image" : "host/app:1", rest: [ ] }', '{ "image" : "host/app:2", rest: [ ] }'],
    ['a byte order mark', '\uFEFFimage: host/app:1\n', '\uFEFFimage: host/app:2\n'],
    ['no end of line', 'image: host/app:1', 'image: host/app:2'],
    ['an anchor', 'image: &a host/app:1\nother: *a\n', 'image: &a host/app:2\nother: *a\n'],
  ])('keeps all but the value: %s', (_, before, after) => {
    const yaml = read(before)
    yaml.replace(scalar(at(yaml.documents[0], 'image')), 'host/app:2')
    expect(yaml.toString()).toBe(after)
    expect(yaml.isChanged()).toBe(true)
  })

  test('is the same without a replacement, with all its documents', () => {
    const text = '# head\n---\na: 1\n...\n---\n- b\n---\n# nothing\n'
    const yaml = read(text)
    expect(yaml.toString()).toBe(text)
    expect(yaml.isChanged()).toBe(false)
    expect(yaml.documents).toHaveLength(3)
  })

  test('takes an alias for what it names last, and merge keys in', () => {
    const yaml = read('a: &x {image: one}\nb: &x {image: two, more: 1}\nc: {<<: *x, image: own}\nd: *x\n')
    const [document] = yaml.documents
    expect(at(document, 'd')).toBe(at(document, 'b'))
    expect(at(document, 'c', 'image')).toMatchObject({ value: 'own' })
    expect(at(document, 'c', 'more')).toMatchObject({ value: 1 })
  })

  test('knows the line and the comment of a value', () => {
    const yaml = read('a: 1\nimage: "host/app#1" # wasmpack: >=1.2 <2 \nlast: x#y\n')
    expect(at(yaml.documents[0], 'image')).toMatchObject({ line: 2, comment: 'wasmpack: >=1.2 <2' })
    expect(at(yaml.documents[0], 'last')).toMatchObject({ line: 3, comment: '' })
  })

  test('survives a map that holds itself', () => {
    const yaml = read('&a {self: *a, image: x}')
    expect(at(yaml.documents[0], 'self', 'self', 'image')).toMatchObject({ value: 'x' })
  })
})

test.each([
  ['a repeated key', 'kind: Pod\nkind: Job\n', 'app.yaml:2:1: the key "kind" is repeated'],
  [
    'a value in base64, which other readers decode',
    'kind: !!binary UG9k\n',
    'tags ("tag:yaml.org,2002:binary") are not supported',
  ],
  ['a tag of an application', 'kind: !pod x\n', 'app.yaml:1:7: Unresolved tag: !pod'],
  ['a key that is a list', '? [a]\n: 1\n', 'found a key that is not text'],
  ['an alias of nothing', 'a: *b\n', 'app.yaml:1:4'],
  ['a broken text', 'a: "b\n', 'app.yaml:2:1: Missing closing "quote'],
  ['too many levels', `${'['.repeat(200)}${']'.repeat(200)}`, 'nested more than 100 levels deep'],
  [
    'a key before a merge key that brings it in',
    'a: &x {k: 1}\nb:\n  k: 2\n  <<: *x\n',
    'app.yaml:4:3: the merge key (<<) brings in "k" again',
  ],
  ['a second merge key', 'a: &x {k: 1}\nb: {<<: *x, <<: {k: 2}}\n', 'the merge key (<<) is repeated'],
  ['a merge key in quotes', '{"a": {"<<": {"k": 1}}}', 'a merge key (<<) in quotes'],
  ['a next line character', 'a: 1 # x\u0085k: 2\n', 'app.yaml:1:9: found a line break of YAML 1.1'],
  ['a line separator', 'a: 1 # x\u2028k: 2\n', 'app.yaml:1:9: found a line break'],
  ['a paragraph separator', 'a: 1 # x\u2029k: 2\n', 'app.yaml:1:9: found a line break'],
  ['a carriage return without a line feed', 'a: 1 # x\rk: 2\r\n', 'app.yaml:1:9: found a line break'],
  ['a merge key with a tag', 'a: {!!str <<: {k: 1}}\n', 'found a key with a tag'],
  [
    'a key that begins with a question mark',
    'a: {k: 1, ?k: 2}\n',
    'app.yaml:1:11: a text that begins with ?',
  ],
  ['a text that begins with a question mark', 'a: [?k]\n', 'app.yaml:1:5: a text that begins with ?'],
  [
    'a colon before a comma',
    'a: {<<: {k: 1}, k:,l: 2}\n',
    'app.yaml:1:17: the colon after "k" is part of the key',
  ],
  ['a colon before a bracket', 'a: {k:}\n', 'the colon after "k" is part of the key'],
  ['a template', 'image: {{ .Values.image }}\n', 'app.yaml:1:'],
])('%s is refused', (_, text, message) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: 'FILE_UNREADABLE', message: expect.stringContaining(message) }),
  )
})

test('merge keys that grow without end are refused', () => {
  const keys = Array.from({ length: 400 }, (_, at) => `k${at}: 1`).join(', ')
  const chain = Array.from({ length: 400 }, (_, at) => `m${at + 1}: &m${at + 1} {<<: *m${at}, x${at}: 1}`)
  expect(() => read([`m0: &m0 {${keys}}`, ...chain].join('\n'))).toThrow(/merge keys bring in more than/)
})

test('what is written with escapes cannot be replaced', () => {
  const yaml = read('image: "host\\/app:1"\n')
  expect(() => yaml.replace(scalar(at(yaml.documents[0], 'image')), 'x')).toThrow(/app\.yaml:1:8: .*escapes/)
})
