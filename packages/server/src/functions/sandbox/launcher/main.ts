/**
 * The program that starts processes on behalf of the server: see `process.ts`. Its arguments: the socket on which the
 * server takes the streams of processes. It ends with the server, and all that it has started ends with it.
 */
import { connect, type Socket } from 'node:net'
import { greeting, type News, type Order } from './protocol.ts'
import { startHere } from './start.ts'

/** Standard output and error are handed to the process as they are; what it reads or writes never comes by here. */
const outputs = [1, 2]

const [socketPath = ''] = process.argv.slice(2)
const living = new Set<number>()

// What ends a group of processes, as a terminal or a supervisor does, is for the server to act upon.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', end)
process.on('message', order => void carryOut(order as Order))

async function carryOut(order: Order): Promise<void> {
  const { id } = order
  const streams = new Map<number, Socket>()
  try {
    const wanted = [...order.descriptors.keys()].filter(
      number => order.descriptors[number]?.kind === 'stream',
    )
    await Promise.all(
      wanted.map(async number => void streams.set(number, await connected(greeting(id, number)))),
    )
    const child = await startHere(order, new Map([...streams].filter(([number]) => outputs.includes(number))))
    const processId = child.pid
    living.add(processId)
    child.on('exit', (code, signal) => {
      living.delete(processId)
      tell({ kind: 'ended', id, code, signal })
    })
    for (const [number, socket] of streams) {
      // This side of an output is closed here and stays open in the process.
      if (outputs.includes(number)) socket.destroy()
      else join(socket, child.stdio[number] as Socket)
    }
    tell({ kind: 'started', id, processId })
  } catch (error) {
    for (const socket of streams.values()) socket.destroy()
    const { message, code } = error as NodeJS.ErrnoException
    tell({ kind: 'failed', id, message, ...(code === undefined ? {} : { code }) })
  }
}

/** A connection that has said what it is. It reads nothing until somebody does. */
function connected(first: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    socket.pause()
    socket.once('error', reject)
    socket.write(first, () => resolve(socket))
  })
}

/** Either side ends with the other, when what it was sent has gone out. */
function join(socket: Socket, stream: Socket): void {
  for (const [from, to] of [
    [socket, stream],
    [stream, socket],
  ] as const) {
    from.pipe(to)
    from.on('error', () => {})
    from.on('close', () => to.destroySoon())
  }
}

function tell(news: News): void {
  // A channel that has closed meanwhile ends the program.
  if (process.connected) process.send?.(news, () => {})
}

function end(): void {
  for (const processId of living) {
    try {
      process.kill(-processId, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  process.exit()
}
