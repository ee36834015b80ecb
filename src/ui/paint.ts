import type { Environment } from '../config/environment.ts'

export type Style = 'red' | 'yellow' | 'cyan' | 'dim'
export type Paint = (style: Style, text: string) => string

export const plain: Paint = (_style, text) => text

/** Loads chalk only for a stream that may be coloured. FORCE_COLOR, TERM and the CI system's variables decide the level. */
export async function loadPaint(
  colors: Environment['colors'],
  { isTTY }: Pick<NodeJS.WriteStream, 'isTTY'>,
): Promise<Paint> {
  if (colors === 'never' || (colors === 'terminal' && !isTTY)) return plain
  const { chalkStderr } = await import('chalk')
  return (style, text) => chalkStderr[style](text)
}
