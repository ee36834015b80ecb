/** Who issues the tokens of registries that ask for them. */
export interface TokenIssuer {
  /** Where tokens are asked for. */
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** The public keys as distribution v3 wants them. */
  readonly jwks: string
  /** The same keys as docker-registry 2.x wants them: certificates in PEM. */
  readonly certificate: string
}
