import { Dialogue } from './dialogue.ts'

export interface NatsLogin {
  readonly name: string
  readonly password: string
}

/** Connects and exchanges a ping; rejects when the server does not let the user in. */
export async function natsLogin(port: number, login: NatsLogin, signal: AbortSignal): Promise<void> {
  using _dialogue = await logIn(port, login, signal)
}

/** Sends a request and resolves with the body of its answer. */
export async function natsRequest(
  port: number,
  login: NatsLogin,
  subject: string,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  using dialogue = await logIn(port, login, signal)
  const inbox = `_INBOX.${crypto.randomUUID()}`
  dialogue.send(`SUB ${inbox} 1\r\nPUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\n`)
  for (;;) {
    const line = await dialogue.readLine()
    if (line.startsWith('-ERR')) throw new Error(`NATS answered ${line}`)
    const [kind, size] = [line.split(' ')[0], Number(line.split(' ').at(-1))]
    if (kind === 'MSG') return (await dialogue.read(size)).toString()
    if (kind === 'HMSG') throw new Error(`nobody answers on ${subject}`)
  }
}

async function logIn(port: number, { name, password }: NatsLogin, signal: AbortSignal): Promise<Dialogue> {
  const dialogue = await Dialogue.open(port, signal)
  try {
    await dialogue.readLine()
    const options = { verbose: false, user: name, pass: password, headers: true, no_responders: true }
    dialogue.send(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`)
    const answer = await dialogue.readLine()
    if (answer !== 'PONG') throw new Error(`NATS answered ${answer}`)
    return dialogue
  } catch (error) {
    dialogue[Symbol.dispose]()
    throw error
  }
}
