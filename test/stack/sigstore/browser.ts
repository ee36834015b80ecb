import { passwordOf, type User } from './oidc.ts'

/** A person at a browser: keeps cookies, follows redirects, fills in Keycloak's forms. */
export class Browser {
  readonly #cookies = new Map<string, string>()

  /** Opens the address of an authorization-code flow and signs in; ends at the client's own page, whose address it returns. */
  async signIn(url: string, user: User): Promise<string> {
    const page = await this.#open(url)
    const password = passwordOf(user)
    return (await this.#open(formOf(page), { username: user, password, credentialId: '' })).url
  }

  /** Opens the complete verification address of a device flow, signs in, and grants or denies what the device asks for. */
  async decideOnDevice(url: string, user: User, decision: 'grant' | 'deny' = 'grant'): Promise<void> {
    const login = await this.#open(url)
    const consent = await this.#open(formOf(login), {
      username: user,
      password: passwordOf(user),
      credentialId: '',
    })
    const hidden = [...consent.html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      /value="([^"]*)"/.exec(input)?.[1] ?? '',
    ])
    const button = decision === 'grant' ? { accept: 'Yes' } : { cancel: 'No' }
    await this.#open(formOf(consent), { ...Object.fromEntries(hidden), ...button })
  }

  async #open(address: string, form?: Readonly<Record<string, string>>): Promise<Page> {
    let url = address
    let body = form && new URLSearchParams(form)
    for (let redirect = 0; redirect < 12; redirect += 1) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie },
        ...(body === undefined ? {} : { method: 'POST', body }),
      })
      for (const one of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? []
        this.#cookies.set(name, value)
      }
      const location = response.headers.get('location')
      if (location === null) return { url, html: await response.text() }
      url = new URL(location, url).href
      body = undefined
    }
    throw new Error(`too many redirects from ${address}`)
  }
}

interface Page {
  readonly url: string
  readonly html: string
}

function formOf({ url, html }: Page): string {
  const action = /<form[^>]*\baction="([^"]+)"/s.exec(html)?.[1]
  if (action === undefined)
    throw new Error(`no form at ${url}: ${html.replaceAll(/<[^>]+>|\s+/g, ' ').slice(0, 500)}`)
  return new URL(action.replaceAll('&amp;', '&'), url).href
}
