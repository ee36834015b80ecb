/** A regular expression as a tree. */
export type PatternNode =
  | { readonly kind: 'character'; readonly accepts: (codePoint: number) => boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: 'start' | 'end' }

/** Why an expression is not accepted, as a phrase. */
export class PatternProblem extends Error {
  override readonly name = 'PatternProblem'
}

type Ranges = readonly (readonly [number, number])[]

const DIGIT: Ranges = [[48, 57]]
const LOWER: Ranges = [[97, 122]]
const UPPER: Ranges = [[65, 90]]
const WORD: Ranges = [...DIGIT, ...LOWER, ...UPPER, [95, 95]]
const SPACE: Ranges = [
  [9, 10],
  [12, 13],
  [32, 32],
]
/** Classes that have a letter after a backslash, and POSIX classes: ASCII only, as in RE2. */
const CLASSES: Readonly<Record<string, Ranges>> = {
  __proto__: null as never,
  d: DIGIT,
  w: WORD,
  s: SPACE,
  alnum: [...DIGIT, ...LOWER, ...UPPER],
  alpha: [...LOWER, ...UPPER],
  digit: DIGIT,
  lower: LOWER,
  upper: UPPER,
  word: WORD,
  space: [...SPACE, [11, 11]],
  xdigit: [...DIGIT, [65, 70], [97, 102]],
}
const CONTROLS: Readonly<Record<string, number>> = {
  __proto__: null as never,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
}
const LINE_FEED = 10
const DEPTH_LIMIT = 50
/** The limit of RE2. */
const REPEAT_LIMIT = 1000

/**
 * Parses the syntax of RE2 that is regular and has no flags. Throws {@link PatternProblem}: backreferences and lookaround have no
 * linear time, and the rest (flags, word boundaries, Unicode classes) no use in an identity.
 */
export const parsePattern = (text: string): PatternNode => new PatternParser([...text]).whole()

class PatternParser {
  private at = 0
  private depth = 0
  private readonly characters: readonly string[]

  constructor(characters: readonly string[]) {
    this.characters = characters
  }

  whole(): PatternNode {
    const node = this.choice()
    if (this.at < this.characters.length) throw new PatternProblem('has a ) without its (')
    return node
  }

  private peek(offset = 0): string | undefined {
    return this.characters[this.at + offset]
  }

  private skip(text: string): boolean {
    if (![...text].every((character, offset) => this.peek(offset) === character)) return false
    this.at += text.length
    return true
  }

  private choice(): PatternNode {
    const nodes = [this.sequence()]
    while (this.skip('|')) nodes.push(this.sequence())
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes }
  }

  private sequence(): PatternNode {
    const nodes: PatternNode[] = []
    while (this.at < this.characters.length && this.peek() !== '|' && this.peek() !== ')')
      nodes.push(this.repeated(this.atom()))
    return { kind: 'sequence', nodes }
  }

  private repeated(node: PatternNode): PatternNode {
    const bounds = this.bounds()
    if (bounds === undefined) return node
    // Whether the shortest or the longest match is preferred makes no difference where the whole name must match.
    this.skip('?')
    if (this.bounds() !== undefined) throw new PatternProblem('repeats a repetition; put it in parentheses')
    return { kind: 'repeat', node, ...bounds }
  }

  private bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.skip('*')) return { min: 0, max: Infinity }
    if (this.skip('+')) return { min: 1, max: Infinity }
    if (this.skip('?')) return { min: 0, max: 1 }
    // A brace that begins no repetition is a character, as in RE2.
    const found = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(this.characters.slice(this.at, this.at + 12).join(''))
    if (found === null || (found[2] === '' && found[3] !== '')) return undefined
    this.at += found[0].length
    const min = Number(found[1])
    const upper = found[3] === '' ? Infinity : Number(found[3])
    const max = found[2] === '' ? min : upper
    if (min > max || min > REPEAT_LIMIT || (max !== Infinity && max > REPEAT_LIMIT))
      throw new PatternProblem(`repeats ${found[0]}: at most ${REPEAT_LIMIT} times`)
    return { min, max }
  }

  private atom(): PatternNode {
    const character = this.characters[this.at++]!
    switch (character) {
      case '(':
        return this.group()
      case '[':
        return this.characterClass()
      case '.':
        return { kind: 'character', accepts: (codePoint) => codePoint !== LINE_FEED }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '*':
      case '+':
      case '?':
        throw new PatternProblem(`has a ${character} with nothing to repeat`)
      case '\\':
        if (this.skip('A')) return { kind: 'start' }
        if (this.skip('z')) return { kind: 'end' }
        return { kind: 'character', accepts: within(this.escape()) }
      default:
        return { kind: 'character', accepts: within([single(character)]) }
    }
  }

  private group(): PatternNode {
    if (this.skip('?')) {
      const named = /^P?<[A-Za-z_]\w{0,60}>/.exec(this.characters.slice(this.at, this.at + 70).join(''))
      if (named !== null) this.at += named[0].length
      else if (!this.skip(':'))
        throw new PatternProblem(
          'has flags, lookaround or another group of the form (?…), which is not supported',
        )
    }
    if (++this.depth > DEPTH_LIMIT) throw new PatternProblem(`is nested deeper than ${DEPTH_LIMIT}`)
    const node = this.choice()
    this.depth--
    if (!this.skip(')')) throw new PatternProblem('has a ( without its )')
    return node
  }

  private characterClass(): PatternNode {
    const negated = this.skip('^')
    const ranges: (readonly [number, number])[] = []
    for (let first = true; first || this.peek() !== ']'; first = false) {
      const item = this.classItem()
      const [low] = item
      if (item.length === 1 && low![0] === low![1] && this.peek() === '-' && (this.peek(1) ?? ']') !== ']') {
        this.at++
        const [high] = this.classItem()
        if (high![0] !== high![1] || high![0] < low![0])
          throw new PatternProblem('has a range without an end')
        ranges.push([low![0], high![0]])
      } else ranges.push(...item)
    }
    this.at++
    const accepts = within(ranges)
    return { kind: 'character', accepts: negated ? (codePoint) => !accepts(codePoint) : accepts }
  }

  private classItem(): Ranges {
    const posix = /^\[:(\^?)([a-z]{1,8}):\]/.exec(this.characters.slice(this.at, this.at + 14).join(''))
    if (posix !== null) {
      const ranges = posix[2]!.length > 1 ? CLASSES[posix[2]!] : undefined
      if (ranges === undefined) throw new PatternProblem(`has the unknown class ${posix[0]}`)
      this.at += posix[0].length
      return posix[1] === '' ? ranges : complement(ranges)
    }
    const character = this.characters[this.at++]
    if (character === undefined) throw new PatternProblem('has a [ without its ]')
    return character === '\\' ? this.escape() : [single(character)]
  }

  /** What stands after a backslash. */
  private escape(): Ranges {
    const character = this.characters[this.at++]
    if (character === undefined) throw new PatternProblem('ends with a backslash')
    const lower = character.toLowerCase()
    if (lower === 'd' || lower === 'w' || lower === 's')
      return character === lower ? CLASSES[lower]! : complement(CLASSES[lower]!)
    const control = CONTROLS[character]
    if (control !== undefined) return [[control, control]]
    if (character === 'x') return this.hexadecimal()
    if (/[1-9]/.test(character))
      throw new PatternProblem('has a backreference, which cannot be matched in linear time')
    if (/[\p{L}\p{N}]/u.test(character))
      throw new PatternProblem(`has the escape \\${character}, which is not supported`)
    return [single(character)]
  }

  private hexadecimal(): Ranges {
    const found = /^(?:([0-9a-f]{2})|\{([0-9a-f]{1,6})\})/i.exec(
      this.characters.slice(this.at, this.at + 8).join(''),
    )
    const codePoint = found === null ? Infinity : Number.parseInt(found[1] ?? found[2]!, 16)
    if (codePoint > 0x10_ff_ff) throw new PatternProblem(String.raw`has a \x without a character's number`)
    this.at += found![0].length
    return [[codePoint, codePoint]]
  }
}

const single = (character: string): readonly [number, number] => {
  const codePoint = character.codePointAt(0)!
  return [codePoint, codePoint]
}

const within =
  (ranges: Ranges) =>
  (codePoint: number): boolean =>
    ranges.some(([low, high]) => low <= codePoint && codePoint <= high)

function complement(ranges: Ranges): Ranges {
  const gaps: (readonly [number, number])[] = []
  let next = 0
  for (const [low, high] of [...ranges].sort(([one], [other]) => one - other)) {
    if (next < low) gaps.push([next, low - 1])
    next = high + 1
  }
  return [...gaps, [next, 0x10_ff_ff]]
}
