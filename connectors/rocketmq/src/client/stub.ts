import { AsyncLocalStorage } from 'node:async_hooks'
import service from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_grpc_pb.js'

/** A call of gRPC on its way. */
interface Cancellable {
  cancel(): void
}

/** Something with a name, in the protocol: a topic or a group. */
interface Resource {
  setResourceNamespace(namespace: string): unknown
}

/** Runs work whose calls end when the signal aborts. */
export type Cancelling = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/**
 * Adds to the stub of the library, in this process alone, what the library leaves out: calls can be cancelled, and every
 * name of a request gets the namespace (the library sets it on messages to send and nowhere else).
 */
export function completeStub(namespace: string): Cancelling {
  const signals = new AsyncLocalStorage<AbortSignal>()
  const prototype: object = service.MessagingServiceClient.prototype
  const methods = [
    'queryRoute',
    'heartbeat',
    'sendMessage',
    'receiveMessage',
    'ackMessage',
    'changeInvisibleDuration',
    'notifyClientTermination',
  ]
  for (const method of methods) {
    const original: unknown = Reflect.get(prototype, method)
    if (typeof original !== 'function') throw new Error(`the stub has no method ${method}`)
    Reflect.set(prototype, method, function (this: unknown, request: object, ...rest: unknown[]): unknown {
      if (namespace !== '') addNamespace(request, namespace)
      const call: unknown = Reflect.apply(original, this, [request, ...rest])
      const signal = signals.getStore()
      if (signal !== undefined && isCancellable(call)) cancelOnAbort(call, signal)
      return call
    })
  }
  if (namespace !== '') addNamespaceToSettings(prototype, namespace)
  return (signal, work) => signals.run(signal, work)
}

/** Settings go over a stream: each command gets the namespace when it is written. */
function addNamespaceToSettings(prototype: object, namespace: string): void {
  const original: unknown = Reflect.get(prototype, 'telemetry')
  if (typeof original !== 'function') throw new Error('the stub has no method telemetry')
  Reflect.set(prototype, 'telemetry', function (this: unknown, ...given: unknown[]): unknown {
    const stream = Reflect.apply(original, this, given) as { write(command: object): boolean }
    const write = stream.write.bind(stream)
    stream.write = command => {
      addNamespace(command, namespace)
      return write(command)
    }
    return stream
  })
}

/** Sets the namespace on whatever of a request names a topic or a group, settings of a client included. */
export function addNamespace(part: object, namespace: string): void {
  for (const getter of ['getTopic', 'getGroup']) {
    const resource = read(part, getter)
    if (isResource(resource)) resource.setResourceNamespace(namespace)
  }
  for (const getter of ['getMessageQueue', 'getSettings', 'getSubscription', 'getPublishing']) {
    const inner = read(part, getter)
    if (typeof inner === 'object' && inner !== null) addNamespace(inner, namespace)
  }
  for (const getter of ['getSubscriptionsList', 'getTopicsList']) {
    const list = read(part, getter)
    for (const entry of Array.isArray(list) ? list : []) {
      if (isResource(entry)) entry.setResourceNamespace(namespace)
      else if (typeof entry === 'object' && entry !== null) addNamespace(entry, namespace)
    }
  }
}

function read(part: object, getter: string): unknown {
  const get: unknown = Reflect.get(part, getter)
  return typeof get === 'function' ? Reflect.apply(get, part, []) : undefined
}

function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && 'setResourceNamespace' in value
}

function isCancellable(value: unknown): value is Cancellable {
  return typeof value === 'object' && value !== null && 'cancel' in value
}

function cancelOnAbort(call: Cancellable, signal: AbortSignal): void {
  const cancel = (): void => call.cancel()
  if (signal.aborted) cancel()
  else signal.addEventListener('abort', cancel, { once: true })
  // The listener of a call that is over does nothing; the signal lives no longer than the request of the parent.
}
