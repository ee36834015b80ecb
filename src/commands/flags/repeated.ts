/** Collects the values of a flag that may be given several times; a variadic one would swallow the arguments behind it. */
export const collectValues = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]
