import type { SourceLocation } from './source-map.ts'
import type { SourceNode } from './source-node.ts'

/** Finds the position of a part by its path; a part that is absent has the position of the nearest one around it. */
export type Locate = (path: string) => SourceLocation

export function createLocator(document: SourceNode, file: string): Locate {
  const positions = new Map<string, string>()
  const pending: SourceNode[] = [document]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    positions.set(next.path, next.at)
    pending.push(...(next.kind === 'list' ? next.items : []))
    pending.push(...(next.kind === 'map' ? next.entries.map(({ value }) => value) : []))
  }
  return (path) => {
    let nearest = path
    while (nearest !== '' && !positions.has(nearest)) nearest = nearest.replace(/(?:^|\.|\[)[^.[]*$/, '')
    return { file, at: positions.get(nearest)!, path: nearest }
  }
}
