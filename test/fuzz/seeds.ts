import { fixtureNames, readFixture } from '../support/fixtures.ts'
import {
  component,
  componentImports,
  componentTypes,
  coreImport,
  coreImports,
  custom,
  extern,
  func,
  functionDeclarations,
  I32,
  instanceImport,
  instanceType,
  leb,
  module,
  name,
  section,
  types,
  vec,
} from '../support/wasm-builder.ts'

/** The fixtures hold one of everything; these hold little of anything, so that a change hits what matters. */
const BUILT: readonly Uint8Array[] = [
  module(),
  component(),
  module(
    types(func([I32, I32, I32, I32], [I32])),
    coreImports(
      coreImport('wasi_snapshot_preview1', 'fd_write', 0, 0),
      coreImport('wasi_snapshot_preview1', 'path_open', 0, 0),
      coreImport('env', 'memory', 2, 1, 1, 2),
    ),
    section(3, vec([0])),
    section(7, vec([...name('_start'), 0, 2])),
    section(10, vec([2, 0, 0x0b])),
    custom('producers', vec([...name('language'), ...vec([...name('Rust'), ...name('1.90')])])),
    custom('name', [0, 5, ...name('seed')]),
  ),
  component(
    componentTypes(instanceType(...functionDeclarations('get-environment', 'get-arguments'))),
    componentImports(
      instanceImport('wasi:cli/environment@0.2.3', 0),
      [0x02, ...name('env'), ...vec([0, ...name('wasi:cli/environment@0.2.3')]), 5, 0],
      [0x02, ...name('wasi:clocks/wall-clock@0.2'), ...vec([1, ...name('.3')]), 5, 0],
    ),
  ),
  // A resource that is handed on through an alias into another instance type, as wasi:http is.
  component(
    componentTypes(instanceType([0x04, ...extern('r'), 3, 1])),
    componentImports(instanceImport('a:b/c', 0)),
    section(6, vec([3, 0, 0, ...name('r')])),
    componentTypes(
      instanceType(
        [2, 3, 2, 1, ...leb(1)],
        [1, 0x69, 0],
        [1, 0x40, 0, 1, ...name('x'), 1, 0, 1, 0],
        [4, ...extern('f'), 1, 2],
      ),
    ),
    componentImports(instanceImport('a:b/d', 2)),
  ),
]

/** Above this a mutant costs more time than it is likely to tell anything new. */
const LARGEST = 100_000

/** What mutants are made of, the small ones first. */
export const SEEDS: readonly Uint8Array[] = [...BUILT, ...fixtureNames().map(readFixture)]
  .filter(({ length }) => length <= LARGEST)
  .sort((one, other) => one.length - other.length)

const SMALL = SEEDS.filter(({ length }) => length < 1_000)

/** One seed in forty is a real program; the others are small, for most of a program is code, which is passed over. */
export const pickSeed = (random: {
  once(times: number): boolean
  of<T>(choices: readonly T[]): T
}): Uint8Array => random.of(random.once(40) ? SEEDS : SMALL)
