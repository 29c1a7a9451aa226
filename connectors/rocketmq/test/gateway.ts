import { promisify } from 'node:util'
import grpc from '@grpc/grpc-js'
import type {
  Client,
  Metadata,
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import definition from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js'
import stubs from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_grpc_pb.js'
import {
  QueryRouteResponse,
  type ReceiveMessageResponse,
  SendMessageRequest,
  type TelemetryCommand,
} from './protocol.ts'

/** What a gateway does to what passes through it. */
export interface GatewayHooks {
  /** Ids of messages whose sending is answered with a failure, or not at all. */
  failing?: ReadonlySet<string>
  hanging?: ReadonlySet<string>
  /** Status of gRPC that every call is answered with, for as long as it is set. */
  refusing?: grpc.status | undefined
  /** Changes what the proxy tells clients. */
  onTelemetry?(command: TelemetryCommand): void
  onReceived?(response: ReceiveMessageResponse): void
}

interface Resource {
  readonly resourceNamespace: string
}

/** Calls of the protocol are typed by their method; what passes through a gateway is not looked at further. */
type Part = object

/**
 * A gRPC server between client and proxy: it passes every call on to the real proxy, but for what the hooks change. It takes
 * the place of the proxy in routes, so that clients stay with it.
 */
export class Gateway implements AsyncDisposable {
  /** Ids of the messages that the proxy took, in the order of its answers. */
  readonly accepted: string[] = []
  readonly begun = new Set<string>()
  readonly givenUp = new Set<string>()
  /** Namespaces of the topics and groups that calls named. */
  readonly namespaces = new Set<string>()
  readonly #hooks: GatewayHooks
  readonly #server: Server = new grpc.Server()
  readonly #upstream: Client
  #port = 0
  /** Where routes lead clients: to the gateway itself, or to whatever stands before it. */
  #routedTo: string | undefined

  private constructor(target: string, hooks: GatewayHooks) {
    this.#hooks = hooks
    this.#upstream = new stubs.MessagingServiceClient(target, grpc.credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    })
    const handlers: UntypedServiceImplementation = {}
    for (const [name, { requestStream, responseStream }] of Object.entries(stubs.MessagingServiceService)) {
      if (requestStream) handlers[name] = (call: ServerDuplexStream<Part, Part>) => this.#duplex(name, call)
      else if (responseStream)
        handlers[name] = (call: ServerWritableStream<Part, Part>) => this.#stream(name, call)
      else
        handlers[name] = (call: ServerUnaryCall<Part, Part>, callback: sendUnaryData<Part>) =>
          this.#unary(name, call, callback)
    }
    this.#server.addService(stubs.MessagingServiceService, handlers)
  }

  static async open(target: string, hooks: GatewayHooks = {}): Promise<Gateway> {
    const gateway = new Gateway(target, hooks)
    const bind = promisify(gateway.#server.bindAsync.bind(gateway.#server))
    gateway.#port = await bind('127.0.0.1:0', grpc.ServerCredentials.createInsecure())
    return gateway
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Lets routes lead to something that stands before the gateway. */
  routeTo(address: string): void {
    this.#routedTo = address
  }

  #unary(name: string, call: ServerUnaryCall<Part, Part>, callback: sendUnaryData<Part>): void {
    this.#noteNamespaces(call.request)
    const id = call.request instanceof SendMessageRequest ? idOf(call.request) : undefined
    if (this.#hooks.refusing !== undefined) {
      callback({ code: this.#hooks.refusing, details: 'refused' })
      return
    }
    if (id !== undefined && this.#hooks.hanging?.has(id) === true) {
      this.begun.add(id)
      call.on('cancelled', () => this.givenUp.add(id))
      return
    }
    if (id !== undefined && this.#hooks.failing?.has(id) === true) {
      callback({ code: grpc.status.INTERNAL, details: `no: ${JSON.stringify(call.request)}` })
      return
    }
    const passedOn: unknown = this.#call(name, [
      call.request,
      headersOf(call.metadata),
      { deadline: call.getDeadline() },
      (error: Error | null, response: Part) => {
        if (id !== undefined && error === null) this.accepted.push(id)
        if (response instanceof QueryRouteResponse) this.#takePlace(response)
        callback(error, response)
      },
    ])
    call.on('cancelled', () => cancel(passedOn))
  }

  #stream(name: string, call: ServerWritableStream<Part, Part>): void {
    this.#noteNamespaces(call.request)
    const passedOn = this.#call(name, [
      call.request,
      headersOf(call.metadata),
      { deadline: call.getDeadline() },
    ]) as NodeJS.ReadableStream
    call.on('cancelled', () => cancel(passedOn))
    passedOn.on('data', (response: ReceiveMessageResponse) => {
      this.#hooks.onReceived?.(response)
      call.write(response)
    })
    passedOn.on('error', (error: Error) => call.emit('error', error))
    passedOn.on('end', () => call.end())
  }

  #duplex(name: string, call: ServerDuplexStream<Part, Part>): void {
    const passedOn = this.#call(name, [headersOf(call.metadata)]) as NodeJS.ReadWriteStream
    call.on('cancelled', () => cancel(passedOn))
    call.on('data', (command: Part) => passedOn.write(command as never))
    call.on('end', () => passedOn.end())
    call.on('error', () => cancel(passedOn))
    passedOn.on('data', (command: TelemetryCommand) => {
      this.#hooks.onTelemetry?.(command)
      call.write(command)
    })
    passedOn.on('error', (error: Error) => call.emit('error', error))
    passedOn.on('end', () => call.end())
  }

  #call(name: string, given: readonly unknown[]): unknown {
    const method: unknown = Reflect.get(this.#upstream, name)
    if (typeof method !== 'function') throw new Error(`the stub has no ${name}`)
    return Reflect.apply(method, this.#upstream, given)
  }

  #noteNamespaces(request: Part): void {
    const { topic, group } = (request as { toObject(): Record<string, Resource | undefined> }).toObject()
    for (const resource of [topic, group]) {
      if (resource !== undefined) this.namespaces.add(resource.resourceNamespace)
    }
  }

  #takePlace(response: QueryRouteResponse): void {
    for (const queue of response.getMessageQueuesList()) {
      const [host = '', port] = (this.#routedTo ?? this.address).split(':')
      const address = new definition.Address().setHost(host).setPort(Number(port))
      queue.getBroker()?.getEndpoints()?.setAddressesList([address])
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#upstream.close()
    this.#server.forceShutdown()
    await Promise.resolve()
  }
}

/** Id of the event that a message carries. */
function idOf(request: SendMessageRequest): string | undefined {
  const body = request.getMessagesList()[0]?.getBody_asU8() ?? new Uint8Array(0)
  try {
    return (JSON.parse(Buffer.from(body).toString()) as { id?: string }).id
  } catch {
    return undefined
  }
}

/** The headers that the protocol adds; those of the transport are made anew. */
function headersOf(metadata: Metadata): Metadata {
  const own = new grpc.Metadata()
  for (const [name, value] of Object.entries(metadata.getMap())) {
    if (name.startsWith('x-mq-') || name === 'authorization') own.set(name, value)
  }
  return own
}

function cancel(call: unknown): void {
  if (typeof call === 'object' && call !== null && 'cancel' in call && typeof call.cancel === 'function') {
    call.cancel()
  }
}
