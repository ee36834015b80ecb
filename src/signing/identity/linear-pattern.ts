import { parsePattern, type PatternNode, PatternProblem } from './pattern-syntax.ts'

/** A compiled expression, or why it is not accepted, as a phrase without a subject. */
export type CompiledPattern =
  | { readonly kind: 'pattern'; readonly matches: (text: string) => boolean }
  | { readonly kind: 'refused'; readonly problem: string }

/** In characters. */
const LENGTH_LIMIT = 2048
/** Of the automaton: each character of a text takes at most so many steps. */
const STATE_LIMIT = 5000

type State =
  | { readonly kind: 'character'; readonly accepts: (codePoint: number) => boolean; readonly next: number }
  | { readonly kind: 'fork'; readonly targets: readonly number[] }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'match' }

/**
 * Compiles a regular expression that matches whole texts in time linear in their length: all states of its automaton are followed
 * at once, and nothing is tried twice. https://swtch.com/~rsc/regexp/regexp2.html
 */
export function compilePattern(expression: string): CompiledPattern {
  try {
    if (expression.length > LENGTH_LIMIT)
      throw new PatternProblem(`is longer than ${LENGTH_LIMIT} characters`)
    const automaton = new Automaton()
    const first = automaton.add(parsePattern(expression), automaton.push({ kind: 'match' }))
    return { kind: 'pattern', matches: (text) => automaton.matches(first, text) }
  } catch (error) {
    if (error instanceof PatternProblem) return { kind: 'refused', problem: error.message }
    throw error
  }
}

class Automaton {
  private readonly states: State[] = []
  private added = 0

  push(state: State): number {
    return this.states.push(state) - 1
  }

  /** Adds the states of a tree that is followed by `next`; returns the first one. */
  add(node: PatternNode, next: number): number {
    if (++this.added > STATE_LIMIT)
      throw new PatternProblem('is too large once its repetitions are written out')
    switch (node.kind) {
      case 'character':
        return this.push({ kind: 'character', accepts: node.accepts, next })
      case 'start':
      case 'end':
        return this.push({ kind: node.kind, next })
      case 'sequence':
        return node.nodes.reduceRight((after, part) => this.add(part, after), next)
      case 'choice':
        return this.push({ kind: 'fork', targets: node.nodes.map((part) => this.add(part, next)) })
      case 'repeat':
        return this.addRepeat(node, next)
    }
  }

  private addRepeat(
    { node, min, max }: Extract<PatternNode, { readonly kind: 'repeat' }>,
    next: number,
  ): number {
    let first = next
    if (max === Infinity) {
      const targets = [next]
      first = this.push({ kind: 'fork', targets })
      targets.push(this.add(node, first))
    } else
      for (let optional = min; optional < max; optional++)
        first = this.push({ kind: 'fork', targets: [next, this.add(node, first)] })
    for (let required = 0; required < min; required++) first = this.add(node, first)
    return first
  }

  matches(first: number, text: string): boolean {
    const characters = [...text]
    let current = this.follow([first], true, characters.length === 0)
    for (const [at, character] of characters.entries()) {
      const codePoint = character.codePointAt(0)!
      const reached = [...current].flatMap((index) => {
        const state = this.states[index]!
        return state.kind === 'character' && state.accepts(codePoint) ? [state.next] : []
      })
      if (reached.length === 0) return false
      current = this.follow(reached, false, at === characters.length - 1)
    }
    return [...current].some((index) => this.states[index]!.kind === 'match')
  }

  /** The states that are reached without a character. */
  private follow(from: readonly number[], isStart: boolean, isEnd: boolean): ReadonlySet<number> {
    const reached = new Set<number>()
    const open = [...from]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (reached.has(index)) continue
      reached.add(index)
      const state = this.states[index]!
      if (state.kind === 'fork') open.push(...state.targets)
      else if ((state.kind === 'start' && isStart) || (state.kind === 'end' && isEnd)) open.push(state.next)
    }
    return reached
  }
}
