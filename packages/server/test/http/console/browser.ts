import type { TestServer } from '../harness.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly location: string | undefined
}

/** What a browser does with cookies, forms and redirects, without following these by itself. */
export class Browser {
  readonly #base: string
  readonly #cookies = new Map<string, string>()

  constructor(server: { readonly url: string }) {
    this.#base = server.url
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies
  }

  /** Puts a cookie there that nobody has set. */
  plant(name: string, value: string): void {
    this.#cookies.set(name, value)
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send('GET', path, undefined, headers)
  }

  /** As a form of a page of the site, unless the headers say otherwise. */
  post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = { origin: this.#base },
  ): Promise<Answer> {
    return this.#send('POST', path, new URLSearchParams(fields), headers)
  }

  signIn(name: string, password: string): Promise<Answer> {
    return this.post('/console/login', { name, password })
  }

  /** The token in the forms of the page, or nothing when there is none. */
  async formToken(): Promise<string> {
    const { text } = await this.get('/console/')
    return /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? ''
  }

  async isSignedIn(): Promise<boolean> {
    return (await this.get('/console/')).status === 200
  }

  async #send(
    method: string,
    path: string,
    body: URLSearchParams | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(new URL(path, this.#base), {
      method,
      redirect: 'manual',
      headers: { ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { body }),
    })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    const location = response.headers.get('location') ?? undefined
    return { status: response.status, headers: response.headers, text: await response.text(), location }
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split('=')
    if (attributes.includes('Max-Age=0')) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}

/** A user with a password and these policies. */
export async function makeUser(
  server: TestServer,
  name: string,
  password: string,
  policies: readonly string[] = [],
): Promise<void> {
  await server.call('PUT', `/api/v1/users/${name}`, { policies })
  const { status, text } = await server.call('PUT', `/api/v1/users/${name}/password`, { password })
  if (status !== 200) throw new Error(text)
}
