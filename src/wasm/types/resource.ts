/** Measures of a type that bound the work on it. */
export interface TypeMeasure {
  /** Nesting depth including this type: bounds every recursion. */
  readonly depth: number
  /** Whether it refers to a resource; without one, substitutions do not change the type. */
  readonly hasResources: boolean
}

/** A resource type, equal only to itself. */
export interface Resource extends TypeMeasure {
  readonly kind: 'resource'
  /** The binder of the shape that it belongs to. */
  readonly owner: object
  /** The names under which it is imported or exported there; empty if it is defined there. */
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
