/** Collects the values of a repeatable option; a variadic one would swallow the arguments after it. */
export const collectValues = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]
