/** What bounds reading a type. */
export interface TypeMeasure {
  /** Of types in types, itself counted: bounds every recursion over types. */
  readonly depth: number
  /** Whether a resource is mentioned in it anywhere: what has none is the same from wherever it is seen. */
  readonly hasResources: boolean
}

/** A type of handles: equal to itself alone. */
export interface Resource extends TypeMeasure {
  readonly kind: 'resource'
  /** The binder of the shape that it belongs to. */
  readonly owner: object
  /** By which names it is imported or exported there; empty for one that is defined there. */
  readonly path: readonly string[]
  readonly isImported: boolean
}

export const createResource = (owner: object, path: readonly string[], isImported: boolean): Resource => ({
  kind: 'resource',
  owner,
  path,
  isImported,
  depth: 1,
  hasResources: true,
})
