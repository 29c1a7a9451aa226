import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Below the range from which systems take ports for outgoing connections: a client that tries again and again to
 * reach a killed server there could otherwise be given that very port and connect to itself.
 */
const firstPort = 20_000
const portCount = 12_000
const attemptsMax = 500

/** As many ports of 127.0.0.1 as asked for, free at this moment and different from each other. */
export async function freePorts(
  count: number,
  pick = (limit: number) => Math.floor(Math.random() * limit),
): Promise<number[]> {
  const held = new Map<number, Server>()
  try {
    for (let attempt = 0; held.size < count; attempt++) {
      if (attempt === attemptsMax) throw new Error(`no ${count} free ports after ${attemptsMax} attempts`)
      const port = firstPort + pick(portCount)
      if (held.has(port)) continue
      const server = await holdPort(port)
      if (server !== undefined) held.set(port, server)
    }
    return [...held.keys()]
  } finally {
    for (const server of held.values()) await closed(server)
  }
}

/** Listens on the port; `undefined` when another program does. */
export async function holdPort(port: number): Promise<Server | undefined> {
  const server = createServer(socket => socket.destroy())
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true })
    await once(server, 'listening')
    return server
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE' || code === 'EACCES') return undefined
    throw error
  }
}

/** Resolves when the port is free again. */
export async function closed(server: Server): Promise<void> {
  await new Promise(resolve => server.close(resolve))
}
