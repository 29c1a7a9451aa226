import { Dialogue } from './dialogue.ts'

const namesRequest = Buffer.from([0, 1, 'n'.charCodeAt(0)])

/** Asks Erlang's port mapper for its names; resolves when it answers with its own port. */
export async function askPortMapper(port: number, signal: AbortSignal): Promise<void> {
  using dialogue = await Dialogue.open(port, signal)
  dialogue.send(namesRequest)
  const own = (await dialogue.read(4)).readUInt32BE()
  if (own !== port) throw new Error(`the port mapper on ${port} says that it is on ${own}`)
}
