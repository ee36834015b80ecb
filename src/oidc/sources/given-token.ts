import type { TokenSource } from '../token-source.ts'

/** A token that is at hand, and read once. */
export const givenToken = (name: string, text: string): TokenSource => ({
  name,
  renewable: false,
  fetchToken: async () => ({ text }),
})
