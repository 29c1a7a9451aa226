import type { Exercised } from '../../exercised.ts'
import { type Answer2, type Client2, type FcServer, runtime, startFcServer, zipOf } from '../fixture.ts'

/** The code of every action that is not offered. */
export const refusedCode = 'OperationNotSupported'

/** A server with a client whose calls are noted, for the groups of tests that share them in order. */
export class Stage {
  readonly exercised: Exercised
  readonly #actions: readonly string[]
  #started: { readonly server: FcServer; readonly client: Client2; readonly zipFile: string } | undefined

  constructor(exercised: Exercised, actions: readonly string[]) {
    this.exercised = exercised
    this.#actions = actions
  }

  async start(): Promise<void> {
    const server = await startFcServer()
    // A shell is refused after the call has returned: what it is told is noted where it is called.
    const isWatched = (method: string): boolean => this.#actions.includes(method) && method !== 'instanceExec'
    const client = this.exercised.watch(server.client2(), method => (isWatched(method) ? method : undefined))
    const zipFile = await zipOf({
      'index.js': `exports.handler = async (event, context) => {
        if (event.toString() === 'throw') throw new TypeError('on purpose')
        if (event.toString() === 'json') return { a: 1 }
        if (event.toString() === 'version') return process.env.MARK
        return event
      }
      exports.web = (request, response) => {
        response.setStatusCode(201)
        response.setHeader('x-path', request.path)
        response.send(request.method + ' ' + JSON.stringify(request.queries))
      }`,
    })
    this.#started = { server, client, zipFile }
  }

  async stop(): Promise<void> {
    await this.#started?.server[Symbol.asyncDispose]()
  }

  get server(): FcServer {
    return this.#parts().server
  }

  get zipFile(): string {
    return this.#parts().zipFile
  }

  /** Calls a method of the client. */
  call(method: string, ...given: unknown[]): Promise<Answer2> {
    const { client } = this.#parts()
    const member = client[method]
    if (member === undefined) throw new Error(`the client has no ${method}`)
    return Reflect.apply(member, client, given)
  }

  /** Calls the function `pay` of the service `shop`. */
  invoke(event: string, qualifier?: string, headers: object = {}): Promise<Answer2> {
    return this.call('invokeFunction', 'shop', 'pay', event, headers, qualifier)
  }

  definition(functionName: string, more: object = {}) {
    const { zipFile } = this
    const sizes = { memorySize: 128, timeout: 10 }
    return { functionName, runtime, handler: 'index.handler', ...sizes, code: { zipFile }, ...more }
  }

  #parts() {
    if (this.#started === undefined) throw new Error('the stage has not started')
    return this.#started
  }
}
