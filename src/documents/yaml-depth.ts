import type { CST } from 'yaml'

/**
 * The offset of a token that is nested deeper than the limit. The composer recurses, and Node aborts if its stack overflows inside
 * a regular expression, so the depth is measured first, without recursion.
 */
export function findTooDeep(tokens: readonly CST.Token[], limit: number): number | undefined {
  const pending = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next
    if (depth > limit) return token.offset
    const push = (child: CST.Token | null | undefined): void => {
      if (child) pending.push({ token: child, depth: depth + 1 })
    }
    if (token.type === 'document') push(token.value)
    else if ('items' in token)
      for (const item of token.items) {
        push(item.key)
        push(item.value)
      }
  }
  return undefined
}
