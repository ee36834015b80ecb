/** All bytes of a stream, or undefined as soon as there are more than `limit`; the rest is then not read. */
export async function collectUpTo(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limit) return undefined
    parts.push(chunk)
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}
