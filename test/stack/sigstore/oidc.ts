/** Users of realm.json; each one's password is the name and `-password`. */
export type User = 'alice' | 'bob' | 'unverified'

/** Clients of realm.json for which users get tokens: `elsewhere` has another audience, those of `short-lived` last seconds. */
export type Client = 'sigstore' | 'short-lived' | 'elsewhere'

export const CI_CLIENT = { id: 'ci', secret: 'ci-secret' } as const

export const passwordOf = (user: User): string => `${user}-password`

/** An ID token of a user. */
export async function fetchToken(issuer: string, user: User, client: Client = 'sigstore'): Promise<string> {
  const { id_token: token } = await ask(issuer, {
    grant_type: 'password',
    client_id: client,
    username: user,
    password: passwordOf(user),
    scope: 'openid email',
  })
  return token ?? ''
}

/** An access token of the service account of CI_CLIENT, which names an e-mail address and the audience `sigstore`. */
export async function fetchCiToken(issuer: string): Promise<string> {
  const { access_token: token } = await ask(issuer, {
    grant_type: 'client_credentials',
    client_id: CI_CLIENT.id,
    client_secret: CI_CLIENT.secret,
    scope: 'openid email',
  })
  return token ?? ''
}

async function ask(
  issuer: string,
  form: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  const answer = (await response.json()) as Readonly<Record<string, string>>
  if (!response.ok) throw new Error(`${issuer}: ${JSON.stringify(answer)}`)
  return answer
}
