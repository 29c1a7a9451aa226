import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { faultProxy } from './fault-proxy.ts'

/** A server that answers every chunk with the same bytes. */
async function startEcho() {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as { port: number }
  return {
    target: `127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A connection that remembers what it received and how it ended. */
async function startClient(port: number) {
  const socket = connect(port, '127.0.0.1')
  const received: Buffer[] = []
  const ended = Promise.withResolvers<string>()
  socket.on('data', chunk => received.push(chunk))
  socket.on('error', (error: NodeJS.ErrnoException) => ended.resolve(error.code ?? 'error'))
  socket.on('close', () => ended.resolve('closed'))
  await once(socket, 'connect')
  return {
    socket,
    ended: ended.promise,
    text: () => Buffer.concat(received).toString(),
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; !condition(); attempt++) {
    if (attempt === 1_000) throw new Error('the condition was not met')
    await pause(5)
  }
}

test('what the client sends arrives, comes back, and is counted', async () => {
  await using echo = await startEcho()
  await using proxy = await faultProxy({ target: echo.target })
  using client = await startClient(proxy.port)

  client.socket.write('hello')
  await until(() => client.text() === 'hello')

  await until(() => proxy.counts.bytesToClient === 5)
  expect(proxy.counts).toEqual({ accepted: 1, refused: 0, open: 1, bytesToTarget: 5, bytesToClient: 5 })
})

test('the end of a stream is handed on, and the answer to it still arrives', async () => {
  await using echo = await startEcho()
  await using proxy = await faultProxy({ target: echo.target })
  using client = await startClient(proxy.port)

  client.socket.end('last words')

  expect(await client.ended).toBe('closed')
  expect(client.text()).toBe('last words')
  await until(() => proxy.counts.open === 0)
})

test('a cut closes open connections in order and lets the next one through', async () => {
  await using echo = await startEcho()
  await using proxy = await faultProxy({ target: echo.target })
  using first = await startClient(proxy.port)
  await until(() => proxy.counts.open === 1)

  proxy.cut()
  expect(await first.ended).toBe('closed')

  using second = await startClient(proxy.port)
  second.socket.write('again')
  await until(() => second.text() === 'again')
})

test('a reset is seen as one by the client', async () => {
  await using echo = await startEcho()
  await using proxy = await faultProxy({ target: echo.target })
  using client = await startClient(proxy.port)
  client.socket.write('x')
  await until(() => client.text() === 'x')

  proxy.resetAll()

  expect(await client.ended).toBe('ECONNRESET')
})

test('a stalled connection is silent and open, and delivers everything in order when it resumes', async () => {
  await using echo = await startEcho()
  await using proxy = await faultProxy({ target: echo.target })
  using client = await startClient(proxy.port)
  proxy.stall()

  client.socket.write('one ')
  client.socket.write('two ')
  using late = await startClient(proxy.port)
  late.socket.write('late')
  await until(() => proxy.counts.open === 2)
  expect([client.text(), late.text(), proxy.counts.bytesToTarget]).toEqual(['', '', 0])

  proxy.resume()
  await until(() => client.text() === 'one two ' && late.text() === 'late')
})

test('a slow connection passes on in small pieces and loses nothing', async () => {
  await using echo = await startEcho()
  await using proxy = await faultProxy({ target: echo.target })
  using client = await startClient(proxy.port)
  const sent = 'abcdefghij'.repeat(300)
  proxy.slow(5_000)

  client.socket.write(sent)
  await until(() => client.text().length > 0)
  expect(client.text().length).toBeLessThan(sent.length)

  proxy.resume()
  await until(() => client.text() === sent)
})

test('new connections are reset while it refuses; the open one goes on', async () => {
  await using echo = await startEcho()
  await using proxy = await faultProxy({ target: echo.target })
  using open = await startClient(proxy.port)
  await until(() => proxy.counts.open === 1)
  proxy.refuse()

  // The reset may arrive before or after the client has seen that it is connected.
  const turnedAway = connect(proxy.port, '127.0.0.1')
  await expect(once(turnedAway.resume(), 'end')).rejects.toThrow('ECONNRESET')
  open.socket.write('still here')
  await until(() => open.text() === 'still here')
  expect(proxy.counts).toMatchObject({ accepted: 1, refused: 1 })

  proxy.accept()
  using next = await startClient(proxy.port)
  next.socket.write('back')
  await until(() => next.text() === 'back')
})

test('a target that is not there ends the connection of the client', async () => {
  const echo = await startEcho()
  await echo[Symbol.asyncDispose]()
  await using proxy = await faultProxy({ target: echo.target })
  using client = await startClient(proxy.port)

  await client.ended
  await until(() => proxy.counts.open === 0)
})

test('a target without a port is refused', async () => {
  await expect(faultProxy({ target: 'localhost' })).rejects.toThrow('target must be host:port')
})
