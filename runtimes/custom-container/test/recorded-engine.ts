import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** What is asked for in a request to create a container, as far as this engine looks at it. */
interface Creation {
  readonly Image: string
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Env: readonly string[]
  readonly Labels: Readonly<Record<string, string>>
  readonly HostConfig: Readonly<Record<string, unknown>>
}

interface Image {
  readonly entrypoint: readonly string[]
  readonly environment: readonly string[]
}

/** One container: a local process, and a listener for its published port as real engines have one. */
class FakeContainer {
  readonly id = randomBytes(32).toString('hex')
  readonly creation: Creation
  readonly #image: Image
  readonly #logs: ServerResponse[] = []
  readonly #written: Buffer[] = []
  readonly #exited = Promise.withResolvers<number>()
  #child: ChildProcess | undefined
  #published: Server | undefined
  state: 'created' | 'running' | 'paused' | 'exited' = 'created'

  constructor(creation: Creation, image: Image) {
    this.creation = creation
    this.#image = image
  }

  async start(): Promise<void> {
    const port = await freePort()
    const { Entrypoint = this.#image.entrypoint, Cmd = [], Env } = this.creation
    const [program = '', ...args] = [...Entrypoint, ...Cmd]
    const variables = [...this.#image.environment, ...Env].map(entry => {
      const [name = '', ...value] = entry.split('=')
      // Inside it is the configured port; here all containers share one loopback.
      return [name, name === 'FC_CUSTOM_LISTEN_PORT' ? String(port) : value.join('=')] as const
    })
    const child = spawn(program, args, {
      env: Object.fromEntries(variables),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.state = 'running'
    for (const [index, stream] of [child.stdout, child.stderr].entries()) {
      stream.on('data', (chunk: Buffer) => this.#log(index + 1, chunk))
    }
    child.on('error', () => this.#end(127))
    child.on('exit', (code, signal) => this.#end(code ?? (signal === 'SIGKILL' ? 137 : 143)))
    this.#published = createTcpServer({ allowHalfOpen: true }, socket => {
      const inside = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      inside.on('error', () => socket.destroy())
      socket.on('error', () => inside.destroy())
      socket.pipe(inside).pipe(socket)
    })
    const published = this.#published
    await new Promise<void>(resolve => published.listen(0, '127.0.0.1', resolve))
  }

  get hostPort(): string {
    return String((this.#published?.address() as AddressInfo | null | undefined)?.port ?? '')
  }

  wait(): Promise<number> {
    return this.#exited.promise
  }

  follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' })
    response.flushHeaders()
    for (const frame of this.#written) response.write(frame)
    if (this.state === 'exited') response.end()
    else this.#logs.push(response)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  remove(): void {
    this.signal('SIGKILL')
    this.#published?.close()
  }

  #log(stream: number, chunk: Buffer): void {
    const head = Buffer.alloc(8)
    head[0] = stream
    head.writeUInt32BE(chunk.length, 4)
    const frame = Buffer.concat([head, chunk])
    this.#written.push(frame)
    for (const response of this.#logs) response.write(frame)
  }

  #end(code: number): void {
    this.state = 'exited'
    for (const response of this.#logs) response.end()
    this.#published?.close()
    this.#exited.resolve(code)
  }
}

/**
 * An engine as its Unix socket shows it: the requests of the Engine API v1.43 that a runtime sends, and the answers that
 * Docker gives. An image is a command, a container a process of this machine.
 */
export class RecordedEngine implements AsyncDisposable {
  readonly socketPath: string
  /** Methods and paths, in order. */
  readonly requests: string[] = []
  readonly containers = new Map<string, FakeContainer>()
  readonly #images: Map<string, Image>
  readonly #registry: Map<string, Image>
  readonly #stack: AsyncDisposableStack

  private constructor(
    socketPath: string,
    stack: AsyncDisposableStack,
    images: Map<string, Image>,
    registry: Map<string, Image>,
  ) {
    this.socketPath = socketPath
    this.#stack = stack
    this.#images = images
    this.#registry = registry
  }

  /** `images` are there; those of `registry` can be pulled. Values are commands. */
  static async start(
    images: Readonly<Record<string, readonly string[]>>,
    registry: Readonly<Record<string, readonly string[]>> = {},
  ): Promise<RecordedEngine> {
    const stack = new AsyncDisposableStack()
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-engine-')))
    const engine = new RecordedEngine(join(folder.path, 's'), stack, imagesOf(images), imagesOf(registry))
    const server = createServer((request, response) => void engine.#answer(request, response))
    await new Promise<void>(resolve => server.listen(engine.socketPath, resolve))
    stack.defer(() => {
      server.closeAllConnections()
      server.close()
      for (const container of engine.containers.values()) container.remove()
    })
    return engine
  }

  /** The only container that there is. */
  get container(): FakeContainer {
    const [only] = this.containers.values()
    if (only === undefined) throw new Error('there is no container')
    return only
  }

  /** Puts a container there that somebody else has made. */
  async add(image: string, labels: Readonly<Record<string, string>>): Promise<string> {
    return await this.#create({ Image: image, Env: [], Labels: labels, HostConfig: {} })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://engine')
    const path = url.pathname.replace(/^\/v1\.43/, '')
    this.requests.push(`${request.method} ${path}`)
    const [, area = '', name = '', verb = ''] = path.split('/')
    const body = await text(request)
    if (path === '/version') json(response, 200, { Version: '24.0.7', ApiVersion: '1.43' })
    else if (path === '/containers/json') this.#list(url, response)
    else if (path === '/images/create') this.#pull(url, response)
    else if (path === '/containers/create') {
      const creation = JSON.parse(body) as Creation
      if (this.#images.has(creation.Image))
        json(response, 201, { Id: await this.#create(creation), Warnings: [] })
      else json(response, 404, { message: `No such image: ${creation.Image}` })
    } else {
      const container = area === 'containers' ? this.containers.get(name) : undefined
      if (container === undefined) json(response, 404, { message: `No such container: ${name}` })
      else await this.#act(container, request.method === 'DELETE' ? 'delete' : verb, response)
    }
  }

  async #create(creation: Creation): Promise<string> {
    const image = this.#images.get(creation.Image) ?? { entrypoint: [], environment: [] }
    const container = new FakeContainer(creation, image)
    this.containers.set(container.id, container)
    await Promise.resolve()
    return container.id
  }

  #list(url: URL, response: ServerResponse): void {
    const { label } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label: string[] }
    const found = [...this.containers.values()].filter(({ creation }) =>
      label.every(wanted => wanted in creation.Labels),
    )
    json(
      response,
      200,
      found.map(({ id, creation }) => ({ Id: id, Labels: creation.Labels })),
    )
  }

  #pull(url: URL, response: ServerResponse): void {
    const asked = url.searchParams.get('fromImage') ?? ''
    const found = this.#registry.get(asked)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(
      `${JSON.stringify({ status: `Pulling from ${asked}`, id: url.searchParams.get('tag') })}\r\n`,
    )
    if (found === undefined)
      response.write(`${JSON.stringify({ error: `pull access denied for ${asked}` })}\r\n`)
    else this.#images.set(asked, found)
    response.end()
  }

  async #act(container: FakeContainer, verb: string, response: ServerResponse): Promise<void> {
    if (verb === 'start') {
      await container.start()
      response.writeHead(204).end()
    } else if (verb === 'json') {
      const port = Object.keys(container.creation.HostConfig['PortBindings'] ?? {})[0] ?? ''
      const published = [{ HostIp: '127.0.0.1', HostPort: container.hostPort }]
      json(response, 200, { Id: container.id, NetworkSettings: { Ports: { [port]: published } } })
    } else if (verb === 'logs') container.follow(response)
    else if (verb === 'wait') json(response, 200, { StatusCode: await container.wait() })
    else if (verb === 'stats') json(response, 200, { memory_stats: { usage: 20_971_520 } })
    else if (verb === 'pause' || verb === 'unpause') {
      container.signal(verb === 'pause' ? 'SIGSTOP' : 'SIGCONT')
      container.state = verb === 'pause' ? 'paused' : 'running'
      response.writeHead(204).end()
    } else if (verb === 'stop') {
      container.signal('SIGTERM')
      const overdue = setTimeout(() => container.signal('SIGKILL'), 1_000)
      await container.wait()
      clearTimeout(overdue)
      response.writeHead(204).end()
    } else if (verb === 'delete') {
      this.containers.delete(container.id)
      container.remove()
      response.writeHead(204).end()
    } else json(response, 404, { message: 'page not found' })
  }
}

function imagesOf(commands: Readonly<Record<string, readonly string[]>>): Map<string, Image> {
  const environment = ['PATH=/image/bin']
  return new Map(Object.entries(commands).map(([name, entrypoint]) => [name, { entrypoint, environment }]))
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
