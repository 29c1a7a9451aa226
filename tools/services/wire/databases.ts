import { Dialogue } from './dialogue.ts'

/** Begins a session as the user; resolves when PostgreSQL asks for a password or lets the user in. */
export async function greetPostgres(port: number, user: string, signal: AbortSignal): Promise<void> {
  using dialogue = await Dialogue.open(port, signal)
  const fields = Buffer.from(`user\0${user}\0database\0postgres\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + fields.length, 0)
  head.writeInt32BE(0x0003_0000, 4)
  dialogue.send(Buffer.concat([head, fields]))
  const kind = (await dialogue.read(1)).toString()
  if (kind !== 'R') throw new Error(`PostgreSQL is not ready: it answered ${kind}`)
}

/** Resolves when MariaDB greets with the version of its protocol. */
export async function greetMariadb(port: number, signal: AbortSignal): Promise<void> {
  using dialogue = await Dialogue.open(port, signal)
  const version = (await dialogue.read(5)).readUInt8(4)
  if (version !== 10) throw new Error(`MariaDB is not ready: it greets with ${version}`)
}
