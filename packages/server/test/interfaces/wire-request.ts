import { Agent, request as httpRequest } from 'node:http'

/** A request before it is signed. */
export interface WireRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The code of a refusal, in whichever shape the interface has; `undefined` where there is none. */
  readonly code: string | undefined
}

/** How long the head of an answer may take, in milliseconds: the catalogue of connectors loads all of them. */
const headMsMax = 30_000
/** An answer that has not ended by then is cut: some have no end. */
const restMsMax = 500

/** Sends requests to one server, over connections that are kept. */
export class Wire implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })
  readonly #hostname: string
  readonly #port: string

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#hostname = hostname
    this.#port = port
  }

  get host(): string {
    return `${this.#hostname}:${this.#port}`
  }

  async send({ method, path, headers, body }: WireRequest): Promise<WireAnswer> {
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    return await new Promise((resolve, reject) => {
      httpRequest(
        {
          agent: this.#agent,
          hostname: this.#hostname,
          port: this.#port,
          method,
          path,
          headers: { ...headers, ...length },
          timeout: headMsMax,
        },
        answer => {
          const given = { status: answer.statusCode ?? 0, headers: answer.headers as Record<string, string> }
          const chunks: Buffer[] = []
          const cut = setTimeout(() => answer.destroy(), restMsMax)
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', () => {})
          answer.once('close', () => {
            clearTimeout(cut)
            const text = Buffer.concat(chunks).toString()
            resolve({ ...given, text, code: codeOf(text) })
          })
        },
      )
        .on('error', reject)
        .on('timeout', () => reject(new Error(`no answer to ${method} ${path}`)))
        .end(body)
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

/** Each interface has its own name for it; the answer of one is XML. */
function codeOf(text: string): string | undefined {
  const xml = /<Code>([^<]+)<\/Code>/.exec(text)?.[1]
  if (xml !== undefined) return xml
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
  const code = ['code', 'Code', '__type', 'errorCode'].map(name => json[name]).find(one => one !== undefined)
  return typeof code === 'string' ? code : undefined
}
