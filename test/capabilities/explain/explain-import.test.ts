import { describe, expect, test } from 'vitest'

import {
  CUSTOM_SECTIONS,
  listCatalogRows,
  findModuleEntries,
} from '../../../src/capabilities/catalog/catalog.ts'
import { type CapabilityClass, CLASSES } from '../../../src/capabilities/catalog/classes.ts'
import {
  explainImport as explainWith,
  type ImportExplanation,
} from '../../../src/capabilities/explain/explain-import.ts'

const explain = (text: string): ImportExplanation =>
  explainWith(text, (grants) => grants.map((grant) => ({ runtime: 'Some', how: `--allow ${grant}` })))

describe('explain', () => {
  test.each([
    ['wasi:filesystem/types@0.2.3#[method]descriptor.open-at', 'fs.open', 'WASI 0.2'],
    ['wasi:filesystem/types#[method]descriptor.open-at', 'fs.open', 'WASI 0.2'],
    ['wasi:clocks/system-clock@0.3.0#now', 'clock.wall', 'WASI 0.3'],
    ['wasi_snapshot_preview1.path_open', 'fs.open', 'WASI 0.1'],
    ['wasi_snapshot_preview1.sock_open', 'sockets.connect', "WasmEdge's sockets"],
    ['extism:host/env.http_request', 'http.outgoing', 'Extism'],
    ['"extism:host/env".http_request', 'http.outgoing', 'Extism'],
    ['env.proxy_log', 'proxy.log', 'proxy-wasm'],
  ])('knows the function %s', (text, name, family) => {
    expect(explain(text)).toMatchObject({ kind: 'function', import: text, class: name, family })
  })

  test('knows every function of the catalogue by the name that it shows', () => {
    const lost = listCatalogRows().filter(({ module, name, class: of }) => {
      const shown = findModuleEntries(module).length > 0 ? `${module}.${name}` : `${module}#${name}`
      const found = explain(module === CUSTOM_SECTIONS ? name : shown)
      return found.kind !== 'function' || found.class !== of
    })
    expect(lost).toEqual([])
  })

  test('knows an interface with its functions, in every version if none is given', () => {
    expect(explain('wasi:nn/graph')).toEqual({
      kind: 'interface',
      import: 'wasi:nn/graph',
      versions: ['0.2.0-rc-2024-06-25', '0.2.0-rc-2024-08-19', '0.2.0-rc-2024-10-28'],
      sources: [
        { family: 'wasi-nn', spec: 'https://github.com/WebAssembly/wasi-nn/blob/main/wit/wasi-nn.wit' },
      ],
      functions: [
        { name: 'load', class: 'nn.load', risk: 'high' },
        { name: 'load-by-name', class: 'nn.graphs', risk: 'medium' },
        { name: '[method]graph.init-execution-context', class: 'nn.types', risk: 'none' },
      ],
    })
    expect(explain('wasi:cli/terminal-input@0.2.0')).toMatchObject({ kind: 'interface', functions: [] })
    expect(explain('wapc')).toMatchObject({ kind: 'module', versions: [] })
  })

  test('knows every class, with its imports', () => {
    for (const name of Object.keys(CLASSES) as CapabilityClass[]) {
      const found = explain(name)
      expect(found).toMatchObject({ kind: 'class', class: name })
      expect(found.kind === 'class' && found.imports.length > 0).toBe(name !== 'types-only')
    }
  })

  test.each([
    ['path_opem', 'wasi_snapshot_preview1.path_open'],
    ['open-at', 'wasi:filesystem/types@0.2#[method]descriptor.open-at'],
    ['fs.opn', 'fs.open'],
    ['wasi_snapshot_preview1.path_opne', 'wasi_snapshot_preview1.path_open'],
    ['wasi:filesystem/type@0.2.0', 'wasi:filesystem/types'],
    ['wasi:keyvalue/store@0.2.0#open', 'wasi:keyvalue/store@0.2.0-draft#open'],
  ])('does not know %s, and says what was near', (text, near) => {
    const found = explain(text)
    expect(found).toMatchObject({ kind: 'unknown', import: text })
    expect(found.kind === 'unknown' && found.near).toContain(near)
  })

  test.each([
    ['wasi:keyvalue/store@0.2.0', /expected 0\.2\.0-draft, 0\.2\.0-draft2/],
    ['gojs.syscall/js.valueCall', /GOOS=js/],
    ['unlocked-dep=<acme:log>', /another component by reference/],
    ['wasi_snapshot_previewl.fd_write', /^looks like "wasi_snapshot_preview1"/],
    ['acme:audit/log@0.3.0#emit', /unknown function/],
    ['', /^unknown import/],
    ['__proto__', /^unknown import/],
    ['constructor.name', /^unknown import/],
  ])('tells of %j what it can', (text, meaning) => {
    expect(explain(text)).toMatchObject({
      kind: 'unknown',
      meaning: expect.stringMatching(meaning) as string,
    })
  })

  test('offers to allow what is unknown by its name, but not what imitates', () => {
    expect(explain('acme:audit/log@0.3.0#emit')).toMatchObject({
      grant: 'hostInterfaces: [{component: "acme:audit/log@0.3.0", functions: [emit]}]',
    })
    expect(explain('wasi_snapshot_previewl.fd_write')).not.toHaveProperty('grant')
  })
})
