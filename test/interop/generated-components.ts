import * as fc from 'fast-check'

/**
 * Texts of components that import much and in every way: types of instances in place, by name, through aliases; instances
 * in instances; every kind of item and of name. The same ones for the same seed.
 */
export function generatedComponents(seed: number, count: number): string[] {
  return fc.sample(component, { seed, numRuns: count })
}

/** Writes an item of an instance type under a name that its place makes its own. */
type Item = (at: number) => string

/** The items of an instance type, and of instances in it down to a depth. */
const instanceBody = (items: readonly Item[], depth: number): fc.Arbitrary<string> => {
  const inner =
    (body: string): Item =>
    (at) =>
      `(export "in${at}" (instance ${body}))`
  const item = fc.oneof(
    fc.constantFrom(...items),
    ...(depth === 0 ? [] : [instanceBody(items, depth - 1).map(inner)]),
  )
  return fc.array(item, { maxLength: 6 }).map((items) => items.map((write, at) => write(at)).join(' '))
}

const func: Item = (at) => `(export "f${at}-of-all" (func (param "a" string) (result u32)))`
const record: Item = (at) => `(type $e${at} (record (field "x" u32))) (export "e${at}" (type (eq $e${at})))`
const resource: Item = (at) =>
  `(export "r${at}" (type $r${at} (sub resource)))
   (export "[constructor]r${at}" (func (result (own $r${at}))))
   (export "[method]r${at}.get" (func (param "self" (borrow $r${at})) (result string)))
   (export "[static]r${at}.make" (func (result (own $r${at}))))`
const shared: Item = (at) =>
  `(alias outer $root $shared (type $s${at})) (export "s${at}" (instance (type $s${at})))`
const aliased: Item = (at) =>
  `(alias outer $root $res (type $a${at})) (export "a${at}" (func (param "r" (own $a${at}))))`

const version = fc.constantFrom('', '@1.2.3', '@0.2.0', '@0.3.0-rc-2026-01-01', '@0.0.7', '@2.0.0+build.1')
const own = [func, resource, record]
const body = instanceBody([...own, shared, aliased], 2)
const instance = fc.oneof(
  body.map((inside) => `(instance ${inside})`),
  fc.constantFrom('(instance (type $shared))', '(instance (type $of-res))'),
)
const otherKinds = fc.constantFrom(
  '(func (param "x" (list u8)) (result (option string)))',
  '(func async (result u32))',
  '(type (sub resource))',
  '(core module (import "a" "b" (func (param i32))) (export "c" (memory 1)))',
  '(component (import "x" (func)) (export "y" (func)))',
)

const instanceImport: fc.Arbitrary<Item> = fc
  .tuple(
    fc.constantFrom<(at: number, version: string) => string>(
      (at, version) => `"ns${at}:pkg/face${version}"`,
      (at) => `"ns${at}:pkg/face@0.2" (version-suffix ".6")`,
      (at) => `"ns:p${at}/SHOUTING-words@1.0.0" (external-id "é \\u{1f980}")`,
      (at, version) => `"label-${'x'.repeat(at)}" (implements "a:b/c${version}")`,
    ),
    version,
    instance,
  )
  .map(
    ([name, version, type]) =>
      (at) =>
        `(import ${name(at, version)} ${type})`,
  )
const anyImport: fc.Arbitrary<Item> = fc.oneof(
  { weight: 4, arbitrary: instanceImport },
  { weight: 1, arbitrary: otherKinds.map((type) => (at: number) => `(import "other-n${at}" ${type})`) },
)

const coreModule = fc
  .subarray([
    '(import "env" "f" (func (param i32 i64) (result f32)))',
    '(import "env" "memory" (memory 1 2 shared))',
    '(import "" "" (global (mut externref)))',
    '(import "wide" "t" (table i64 1 9 funcref))',
    '(import "compact" (item "a" (func (param i32))) (item "b" (memory i64 1)) (item "c" (tag (param i32))))',
    '(import "compact" (item "d") (item "e") (global i32))',
  ])
  .map((imports) => `(core module ${imports.join(' ')})`)

const nestedComponent = fc
  .tuple(instanceBody(own, 1), coreModule) // a component cannot refer to resources of the one around it
  .map(([inside, module]) => `(component (import "in:ner/face" (instance ${inside})) ${module})`)

/** Instances in an instance, which WIT cannot say. */
const DEEP = '(export "deep" (instance (export "f" (func)) (export "deeper" (instance (export "g" (func))))))'

const component = fc
  .record({
    shared: fc.array(fc.constantFrom(...own), { maxLength: 4 }),
    imports: fc.array(anyImport, { maxLength: 12 }),
    inside: fc.array(fc.oneof(coreModule, nestedComponent), { maxLength: 3 }),
    exports: fc.subarray([
      '(export "again" (instance $deep))',
      '(export "pre:pkg/other@1.0.0" (instance $pre))',
    ]),
  })
  .map(
    ({ shared, imports, inside, exports }) => `(component definition $root
  (import "pre:pkg/types" (instance $pre (export "res" (type (sub resource))) ${exports.length > 0 ? DEEP : ''}))
  (alias export $pre "res" (type $res))
  ${exports.length > 0 ? '(alias export $pre "deep" (instance $deep))' : ''}
  (type $shared (instance ${shared.map((write, at) => write(at)).join(' ')}))
  (type $of-res (instance (alias outer $root $res (type $r)) (export "use" (func (param "r" (own $r))))))
  ${[...imports.map((write, at) => write(at + 1)), ...inside, ...exports].join('\n  ')})`,
  )
