import { BinaryReader } from '../../src/wasm/binary/binary-reader.ts'
import { ComponentScope } from '../../src/wasm/component/component-scope.ts'
import { ComponentTypeReader } from '../../src/wasm/component/type-section.ts'
import { CoreTypes } from '../../src/wasm/core/core-types.ts'
import { InstructionReader } from '../../src/wasm/core/instruction-reader.ts'
import { Quota } from '../../src/wasm/binary/limits.ts'
import { Sections } from '../../src/wasm/binary/sections.ts'
import { Instantiation } from '../../src/wasm/types/substitution.ts'

const nowhere = new Instantiation({}, (resource) => resource)

const COUNTED: readonly object[] = [
  BinaryReader.prototype,
  ComponentTypeReader.prototype,
  CoreTypes.prototype,
  Instantiation.prototype,
  InstructionReader.prototype,
  // One after the other: a class that nothing outside its file names.
  Object.getPrototypeOf(nowhere.followedBy(nowhere)) as object,
  Quota.prototype,
  ComponentScope.prototype,
  Sections.prototype,
]

/**
 * Counts the calls of every method of the classes that the reader is made of. A test counts, not the reader: what runs in
 * production is not slowed down. There is no way to the bytes, the index spaces or the types but through these.
 */
export class Steps {
  count = 0

  /** From now on, for the whole process. */
  static watch(): Steps {
    const steps = new Steps()
    for (const prototype of COUNTED)
      for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        const method: unknown = property.value
        if (typeof method !== 'function' || key === 'constructor') continue
        Object.defineProperty(prototype, key, {
          ...property,
          value(this: unknown, ...values: unknown[]): unknown {
            steps.count++
            return Reflect.apply(method, this, values)
          },
        })
      }
    return steps
  }
}
