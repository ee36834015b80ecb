import type { Definition, FunctionDefinition, Type, ValueDefinition, ValueType } from './shape.ts'
import { quoteShort } from '../binary/malformed.ts'
import type { Substitution } from './substitution.ts'
import { type TypeIdentities, joinSubstitutions } from './type-identity.ts'

/** Names of the labelled parts of a type, for messages. */
const PARTS: Readonly<Record<string, string>> = {
  func: 'parameter',
  record: 'field',
  variant: 'case',
  flags: 'flag',
  enum: 'case',
}

/** Names of the unlabelled parts of a type, in order, for messages. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  list: ['element'],
  option: ['value'],
  result: ['ok', 'error'],
  map: ['key', 'value'],
  stream: ['element'],
  future: ['value'],
}

interface TypeView {
  readonly type: ValueType | undefined
  readonly through: Substitution | undefined
}

/**
 * The first difference between two types in words: `parameter "path": the target has string, the module u32`. Compares
 * identities on the way, so the work stays linear.
 */
export function describeDifference(module: Type, target: Type, identities: TypeIdentities): string {
  const steps: string[] = []
  let sides: readonly [TypeView, TypeView] = [
    { type: module, through: undefined },
    { type: target, through: undefined },
  ]
  for (;;) {
    const found = compareOuterTypes(...sides)
    if (typeof found === 'string') return [...steps, found].join(': ')
    const { labels, types, kind } = found.definitions[0]
    const at = types.findIndex(
      (part, index) =>
        identities.of(part, found.through[0]) !==
        identities.of(found.definitions[1].types[index], found.through[1]),
    )
    if (at < 0) return [...steps, 'they are different resources'].join(': ')
    steps.push(describePart(kind, labels, at))
    sides = [
      { type: types[at], through: found.through[0] },
      { type: found.definitions[1].types[at], through: found.through[1] },
    ]
  }
}

type Compound = ValueDefinition | FunctionDefinition

/** The difference between the outermost types; if there is none, the two definitions whose parts are compared next. */
function compareOuterTypes(
  module: TypeView,
  target: TypeView,
):
  | string
  | {
      readonly definitions: readonly [Compound, Compound]
      readonly through: readonly (Substitution | undefined)[]
    } {
  const names = [describeType(module.type), describeType(target.type)]
  if (names[0] !== names[1]) return `the target has ${names[1]}, the module ${names[0]}`
  const types = [module.type as Type, target.type as Type] as const
  const definitions = [types[0].definition, types[1].definition] as readonly [Definition, Definition]
  if (!isCompound(definitions[0]) || !isCompound(definitions[1])) return 'they are different resources'
  const [ours, theirs] = [definitions[0], definitions[1]]
  const part = PARTS[ours.kind] ?? 'member'
  const count = ({ kind, labels, types: parts }: Compound): number => (kind in PARTS ? labels : parts).length
  if (count(ours) !== count(theirs))
    return `the target has ${countParts(count(theirs), part)}, the module ${count(ours)}`
  const at = ours.labels.findIndex((label, index) => label !== theirs.labels[index])
  if (at >= 0)
    return `${part} ${at + 1} is ${quoteShort(theirs.labels[at]!)} in the target, ${quoteShort(ours.labels[at]!)} in the module`
  return {
    definitions: [ours, theirs],
    through: [joinSubstitutions(types[0], module.through), joinSubstitutions(types[1], target.through)],
  }
}

const isCompound = (definition: Definition): definition is Compound => 'types' in definition

const countParts = (count: number, part: string): string => `${count} ${part}${count === 1 ? '' : 's'}`

function describeType(type: ValueType | undefined): string {
  if (type === undefined) return 'nothing'
  if (typeof type === 'string') return type
  const { definition } = type
  switch (definition.kind) {
    case 'primitive':
      return definition.labels[0]!
    case 'func':
      return definition.isAsync ? 'an async function' : 'a function'
    case 'list':
      return definition.length === undefined ? 'a list' : `a list of ${definition.length}`
    default:
      return `${/^[aeio]/.test(definition.kind) ? 'an' : 'a'} ${definition.kind}`
  }
}

function describePart(kind: string, labels: readonly string[], at: number): string {
  const label = labels[at]
  if (label !== undefined) return `${PARTS[kind]} ${quoteShort(label)}`
  if (kind === 'func') return 'result'
  if (kind === 'own' || kind === 'borrow') return kind
  return PLACES[kind]?.[at] ?? `member ${at + 1}`
}
