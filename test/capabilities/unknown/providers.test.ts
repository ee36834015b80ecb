import { describe, expect, test } from 'vitest'

import { core, granting, judging } from '../samples.ts'

const FOUR_NUMBERS = '(i32, i32, i32, i32) -> ()'

/** Findings on a module that imports the functions of one module, blank-separated; all of a type. */
const findings = (module: string, names: string, type = FOUR_NUMBERS) =>
  judging(core(...names.split(' ').map((name) => ({ module, name, type }))), granting({})).findings

describe('imports that belong together are told in one finding', () => {
  test.each([
    ['wasm-bindgen', '__wbindgen_placeholder__', '__wbindgen_describe __wbg_log_1 __wbg_new_2 __wbg_get_3'],
    ['wasm-bindgen', './app_bg.js', '__wbg_alert_1 __wbindgen_throw'],
    ['GOOS=js', 'gojs', 'runtime.wasmExit runtime.nanotime1 syscall/js.valueGet syscall/js.valueCall'],
    ['Node-API', 'env', 'napi_create_function napi_get_undefined napi_throw'],
    ['Emscripten', 'env', '__syscall_openat emscripten_resize_heap _abort_js invoke_iii'],
    ['minified names', 'a', 'a b c d e f'],
    ['AssemblyScript', 'env', 'abort seed Date.now console.log'],
    ['Open Policy Agent', 'env', 'opa_abort opa_builtin0 opa_println'],
    ['embeds Extism', 'extism:host/user', 'kv_read kv_write'],
    ['adapter', '__main_module__', '_start cabi_realloc'],
    ['WasmEdge plug-in', 'wasmedge_image', 'load_jpg load_png'],
  ])('%s (%s)', (clue, module, names) => {
    const [finding, ...more] = findings(module, names)
    expect(more).toEqual([])
    expect(finding).toMatchObject({ rule: 'unknown-import', severity: 'error' })
    expect(finding?.message).toContain(clue)
    const last = names.split(' ').length > 3 ? ` and ${names.split(' ').length - 3} more: ` : ': '
    expect(finding?.message).toContain(last)
  })

  test('but not what another name is in between', () => {
    const found = findings('env', 'abort seed custom_log')
    expect(found.map(({ message }) => message.split(': ')[0])).toEqual([
      'env.custom_log',
      'env.abort and env.seed',
    ])
    expect(found[1]).not.toHaveProperty('grant')
  })

  test("nor what is called as AssemblyScript's abort is, and takes nothing", () => {
    expect(findings('env', 'abort', '() -> ()')[0]?.message).toContain('unknown import')
    expect(findings('env', 'abort')[0]?.message).toContain('AssemblyScript')
  })

  test('nor what is granted', () => {
    const found = core({ name: 'abort' }, { name: 'seed' })
    const verdict = judging(found, granting({}, [{ module: 'env', names: ['abort'] }]))
    expect(verdict.findings).toMatchObject([{ import: 'env.seed', grant: expect.any(String) as string }])
  })

  test('nor memories, which are judged as such', () => {
    const found = core({ module: 'wbg', name: 'memory', kind: 'memory', type: 'memory 1' })
    expect(judging(found, granting({})).findings[0]?.message).toMatch(/imports a memory/)
  })

  test('nor names that hide something', () => {
    expect(findings('wbg', '__wbg_log\u200b')[0]?.rule).toBe('look-alike')
  })
})

test('a hundred thousand imports of a provider cost one finding', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `__wbg_f_${index}`).join(' ')
  expect(findings('wbg', many)).toHaveLength(1)
})

test('an unknown import of a provider only warns where the capability manifest says so', () => {
  const manifest = granting({})
  const lenient = { ...manifest, spec: { ...manifest.spec, onUnknownImport: 'warn' as const } }
  const verdict = judging(core({ module: 'wbg', name: 'a' }, { module: 'wbg', name: 'b' }), lenient)
  expect(verdict).toMatchObject({ allowed: true, findings: [{ severity: 'warning' }] })
})
