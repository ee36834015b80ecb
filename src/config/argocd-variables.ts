/** The source of an Argo CD application, as its plugins are told by Argo CD itself and not by the application's author. */
export interface ArgoCdSource {
  /** `oci://…` for an OCI source; an address of Git or Helm otherwise. */
  readonly url: string
  /** What the target revision resolved to: of an OCI source, a digest. */
  readonly revision: string
}

/** https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/; undefined outside a config management plugin. */
export function readArgoCdSource(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ArgoCdSource | undefined {
  const url = env['ARGOCD_APP_SOURCE_REPO_URL']
  return url === undefined || url === '' ? undefined : { url, revision: env['ARGOCD_APP_REVISION'] ?? '' }
}
