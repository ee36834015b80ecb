/** Files by which Argo CD or Flux makes other objects of a directory than those that its files hold. */
const GENERATORS: readonly (readonly [RegExp, string])[] = [
  [/^kustomization(?:\.ya?ml)?$/, 'Kustomize'],
  [/^chart\.yaml$/, 'Helm'],
  [/\.(?:jsonnet|libsonnet)$/, 'Jsonnet'],
  [/^\.argocd-source/, 'Argo CD'],
]

/** The tool that a file of this path makes generate objects, if it is such a file. */
export function findGenerator(path: string): string | undefined {
  const name = path.split('/').at(-1)!.toLowerCase()
  return GENERATORS.find(([pattern]) => pattern.test(name))?.[1]
}
