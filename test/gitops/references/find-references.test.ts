import { expect, test } from 'vitest'

import { EditableYaml } from '../../../src/documents/editable-yaml.ts'
import { readAddress } from '../../../src/gitops/references/artifact-address.ts'
import { findReferences, type FindOptions } from '../../../src/gitops/references/find-references.ts'

const find = (text: string, options?: FindOptions) =>
  new EditableYaml('app.yaml', text).documents.flatMap((document) =>
    findReferences(document, options).map(({ object, path, scalar, checksum, reader }) => {
      const found = { object, path, value: scalar.value, reader }
      return checksum === undefined ? found : Object.assign(found, { checksum: checksum.value })
    }),
  )

const pod = (spec: string): string => `{containers: [{image: h/a:1}, {image: h/b:1}], ${spec}}`

test.each([
  [
    'Pod',
    `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: ${pod('runtimeClassName: wasmtime')}}`,
    'spec',
  ],
  [
    'Deployment',
    `{apiVersion: apps/v1, kind: Deployment, metadata: {name: p}, spec: {template: {spec: ${pod('runtimeClassName: wasmtime')}}}}`,
    'spec.template.spec',
  ],
  [
    'CronJob',
    `{apiVersion: batch/v1, kind: CronJob, metadata: {name: p}, spec: {jobTemplate: {spec: {template: {spec: ${pod('runtimeClassName: wasmedge')}}}}}}`,
    'spec.jobTemplate.spec.template.spec',
  ],
  [
    'Rollout',
    `{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: p}, spec: {template: {spec: ${pod('runtimeClassName: wasmer')}}}}`,
    'spec.template.spec',
  ],
])('finds the images of a %s of a Wasm RuntimeClass', (kind, text, at) => {
  expect(find(text)).toEqual([
    { object: `${kind} p`, path: `${at}.containers[0].image`, value: 'h/a:1', reader: 'runwasi' },
    { object: `${kind} p`, path: `${at}.containers[1].image`, value: 'h/b:1', reader: 'runwasi' },
  ])
})

test('a RuntimeClass in a block scalar that ends the file is found', () => {
  const text =
    'apiVersion: v1\nkind: Pod\nspec:\n  containers: [{image: h/a:1}]\n  runtimeClassName: |\n    wasmtime'
  expect(find(text)).toMatchObject([{ value: 'h/a:1' }])
})

test('further RuntimeClasses can be named, and other pods run no Wasm', () => {
  const text = `{apiVersion: v1, kind: Pod, spec: ${pod('runtimeClassName: own, initContainers: [{image: h/c:1}]')}}`
  expect(find(text)).toEqual([])
  expect(find(text, { runtimeClasses: ['own'] }).map(({ value }) => value)).toEqual([
    'h/a:1',
    'h/b:1',
    'h/c:1',
  ])
  const known = `{apiVersion: v1, kind: Pod, spec: ${pod('runtimeClassName: wasmtime')}}`
  expect(find(known, { runtimeClasses: ['own'] })).toHaveLength(2)
})

test('finds image volumes in any pod', () => {
  expect(
    find(`{kind: Pod, apiVersion: v1, spec: ${pod('volumes: [{name: v, image: {reference: h/v:1}}]')}}`),
  ).toEqual([
    { object: 'Pod', path: 'spec.volumes[0].image.reference', value: 'h/v:1', reader: 'image-volume' },
  ])
})

test.each([
  ['core.spinkube.dev/v1alpha1', 'SpinApp', '{spec: {image: h/a:1}}', 'spec.image', 'spin'],
  [
    'runtime.wasmcloud.dev/v1alpha1',
    'WorkloadDeployment',
    '{spec: {template: {spec: {components: [{image: h/a:1}]}}}}',
    'spec.template.spec.components[0].image',
    'wasmcloud',
  ],
  [
    'extensions.istio.io/v1alpha1',
    'WasmPlugin',
    '{spec: {url: oci://h/a:1, sha256: ab}}',
    'spec.url',
    'istio',
  ],
  [
    'extensions.istio.io/v1alpha1',
    'TrafficExtension',
    '{spec: {wasm: {url: h/a:1, sha256: ab}}}',
    'spec.wasm.url',
    'istio',
  ],
  [
    'gateway.envoyproxy.io/v1alpha1',
    'EnvoyExtensionPolicy',
    '{spec: {wasm: [{code: {type: Image, image: {url: h/a:1, sha256: ab}}}]}}',
    'spec.wasm[0].code.image.url',
    'envoy-gateway',
  ],
  [
    'networking.istio.io/v1alpha3',
    'EnvoyFilter',
    '{spec: {configPatches: [{patch: {value: {typed_config: {config: {vm_config: {code: {remote: {http_uri: {uri: "oci://h/a:1"}, sha256: ab}}}}}}}}]}}',
    'spec.configPatches[0].patch.value.typed_config.config.vm_config.code.remote.http_uri.uri',
    'istio',
  ],
  [
    'gateway.envoyproxy.io/v1alpha1',
    'EnvoyPatchPolicy',
    '{spec: {jsonPatches: [{operation: {value: {vmConfig: {code: {remote: {httpUri: {uri: "oci://h/a:1"}, sha256: ab}}}}}}]}}',
    'spec.jsonPatches[0].operation.value.vmConfig.code.remote.httpUri.uri',
    undefined,
  ],
  [
    'policies.kubewarden.io/v1',
    'ClusterAdmissionPolicy',
    '{spec: {module: registry://h/a:1}}',
    'spec.module',
    'kubewarden',
  ],
  [
    'policies.kubewarden.io/v1',
    'AdmissionPolicyGroup',
    '{spec: {policies: {one: {module: h/a:1}}}}',
    'spec.policies.one.module',
    'kubewarden',
  ],
])('finds what %s %s runs', (apiVersion, kind, rest, path, reader) => {
  const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: n, namespace: s}\n${rest.slice(1, -1)}\n`
  expect(find(text)).toEqual([expect.objectContaining({ object: `${kind} s/n`, path, reader })])
  expect(find(text)).toEqual([
    rest.includes('sha256')
      ? expect.objectContaining({ checksum: 'ab' })
      : expect.not.objectContaining({ checksum: 'ab' }),
  ])
})

test('finds the objects of a List, and those of kinds that are told', () => {
  const list =
    '{apiVersion: v1, kind: List, items: [{apiVersion: x.example/v2, kind: App, spec: {parts: [{wasm: h/a:1}]}}]}'
  const place = { group: 'x.example', kinds: ['App'], path: 'spec.parts[*].wasm' }
  expect(find(list)).toEqual([])
  expect(find(list, { places: [place] })).toEqual([
    { object: 'App', path: 'spec.parts[0].wasm', value: 'h/a:1', reader: undefined },
  ])
})

test.each(['Bundle', 'ConfigMap', 'List'])(
  'a %s with items is a list of objects, as it is for kubectl, and may hold lists',
  (kind) => {
    const inner = '{apiVersion: core.spinkube.dev/v1alpha1, kind: SpinApp, spec: {image: h/a:1}}'
    expect(find(`{apiVersion: v1, kind: ${kind}, metadata: {name: x}, items: [${inner}]}`)).toMatchObject([
      { object: 'SpinApp', value: 'h/a:1' },
    ])
    expect(
      find(`{apiVersion: v1, kind: List, items: &l [{kind: ${kind}, items: [${inner}]}, {items: *l}]}`),
    ).toMatchObject([{ object: 'SpinApp', value: 'h/a:1' }])
  },
)

test('a shared anchor is one reference for each object that uses it', () => {
  const text = `
image: &image h/a:1
---
apiVersion: v1
kind: List
items:
- {apiVersion: core.spinkube.dev/v1alpha1, kind: SpinApp, metadata: {name: a}, spec: &s {image: h/a:1}}
- {apiVersion: core.spinkube.dev/v1alpha1, kind: SpinApp, metadata: {name: b}, spec: *s}
`
  expect(find(text).map(({ object }) => object)).toEqual(['SpinApp a', 'SpinApp b'])
})

test('what Envoy Gateway fetches over HTTP is no reference to a registry', () => {
  const [document] = new EditableYaml(
    'app.yaml',
    'apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyExtensionPolicy\nspec: {wasm: [{code: {type: HTTP, http: {url: "https://h.example/a.wasm"}}}]}\n',
  ).documents
  const [found] = findReferences(document!)
  expect(() => readAddress(found!)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
})

test.each([
  ['https://example.com/a.wasm', 'is not in a registry'],
  ['file:///opt/a.wasm', 'is not in a registry'],
  ['nginx', 'has no registry or no repository'],
  ['oci-layout:app:1', 'is an OCI layout'],
])('%s is no reference to a registry', (url, message) => {
  const [document] = new EditableYaml(
    'app.yaml',
    `apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nspec: {url: ${JSON.stringify(url)}}\n`,
  ).documents
  const [found] = findReferences(document!)
  expect(() => readAddress(found!)).toThrow(
    expect.objectContaining({ code: 'REFERENCE_INVALID', message: expect.stringContaining(message) }),
  )
})

test.each([
  ['EnvoyFilter', 'networking.istio.io/v1alpha3', 'vm_config: {code: {local: {inline_bytes: AAAA}}}'],
  ['EnvoyFilter', 'networking.istio.io/v1alpha3', 'vmConfig: {code: {local: {filename: /opt/a.wasm}}}'],
  [
    'EnvoyPatchPolicy',
    'gateway.envoyproxy.io/v1alpha1',
    'jsonPatches: [{operation: {op: replace, path: /a/vm_config/code/remote/http_uri/uri, value: x}}]',
  ],
  [
    'EnvoyPatchPolicy',
    'gateway.envoyproxy.io/v1alpha1',
    'jsonPatches: [{operation: {op: replace, path: /a/vm_config/code, value: {}}}]',
  ],
])('code inside an %s is no reference', (kind, apiVersion, spec) => {
  const [document] = new EditableYaml(
    'app.yaml',
    `apiVersion: ${apiVersion}\nkind: ${kind}\nspec: {${spec}}\n`,
  ).documents
  const [found] = findReferences(document!)
  expect(() => readAddress(found!)).toThrow('the code of a filter is not in a registry')
})
