import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A message as the server has taken it in. */
export interface Taken {
  readonly id: string
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
}

/** A real SMTP server on loopback. */
export interface MailServer extends AsyncDisposable {
  readonly port: number
  readonly taken: readonly Taken[]
  /** Connections that there have been. */
  readonly connections: number
}

export interface Behaviour {
  /** Why a message is not taken in; a promise that is never kept holds it up. */
  readonly judge?: (message: Taken, closed: Promise<void>) => Promise<Error | undefined> | Error | undefined
  /** Why a recipient is refused. */
  readonly judgeRecipient?: (address: string) => Error | undefined
  readonly options?: SMTPServerOptions
}

/** A refusal with its numbers, as `421` or `550`. */
export function reply(responseCode: number, text = 'no'): Error {
  return Object.assign(new Error(text), { responseCode })
}

export async function startServer({ judge, judgeRecipient, options }: Behaviour = {}): Promise<MailServer> {
  const taken: Taken[] = []
  const closings = new Map<string, () => void>()
  let connections = 0
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    authOptional: true,
    disableReverseLookup: true,
    onConnect: (_session, done) => {
      connections++
      done()
    },
    onClose: session => closings.get(session.id)?.(),
    onRcptTo: (address, _session, done) => done(judgeRecipient?.(address.address) ?? null),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { mailFrom, rcptTo } = session.envelope
        const message: Taken = {
          id: decodeURIComponent(/^Millrace-Event-ID: (.*)\r$/m.exec(text)?.[1] ?? ''),
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text,
        }
        const closed = new Promise<void>(resolve => closings.set(session.id, resolve))
        void Promise.resolve(judge?.(message, closed)).then(refusal => {
          if (refusal === undefined) taken.push(message)
          done(refusal ?? null)
        })
      })
    },
    ...options,
  })
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await new Promise<void>(resolve => listening.once('listening', resolve))
  return {
    port: (listening.address() as AddressInfo).port,
    taken,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      for (const connection of server.connections) connection.close()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

/** A self-signed certificate for 127.0.0.1: whoever trusts it trusts the server. */
export function selfSigned(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mail-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1']
    const files = ['-keyout', key, '-out', cert]
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
