import { WasmpackError } from '../../errors.ts'
import { quoteLocation } from '../../redacted.ts'

/** Parses `key=value` options. Throws USAGE for one without a key or an equals sign, or a key given twice. */
export function parseAnnotationFlags(words: readonly string[]): Readonly<Record<string, string>> {
  const annotations: Record<string, string> = Object.create(null)
  for (const word of words) {
    const at = word.indexOf('=')
    const key = word.slice(0, at)
    if (at < 1)
      throw new WasmpackError('USAGE', `annotation ${quoteLocation(word)} is not KEY=VALUE`, {
        hint: 'for example -a org.opencontainers.image.revision=abc123',
      })
    if (key in annotations)
      throw new WasmpackError('USAGE', `annotation ${JSON.stringify(key)} is set twice`, {
        hint: 'pass each key once',
      })
    annotations[key] = word.slice(at + 1)
  }
  return annotations
}
