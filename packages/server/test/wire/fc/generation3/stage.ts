import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Exercised } from '../../exercised.ts'
import { allowing, putRole, trustOf } from '../../roles.ts'
import {
  account,
  actionOf3,
  type Client3,
  type FcServer,
  model,
  runtime,
  startFcServer,
  zipOf,
} from '../fixture.ts'

/** The code of every action that is not offered. */
export const refusedCode = 'OperationNotSupported'

export function arn(rest: string): string {
  return `acs:fc:cn-hangzhou:${account}:${rest}`
}

/** A server with a client whose calls are noted, for the groups of tests that share them in order. */
export class Stage {
  readonly #exercised: Exercised
  #started: { readonly server: FcServer; readonly client: Client3; readonly echo: string } | undefined

  constructor(exercised: Exercised) {
    this.#exercised = exercised
  }

  async start(): Promise<void> {
    const server = await startFcServer()
    // That of the function whose calls have a destination.
    await putRole(server, 'r', allowing({ Action: 'fc:InvokeFunction' }), trustOf('fc.aliyuncs.com'))
    // Longer than the client's own three seconds: the first call of a function starts a process.
    const client = this.#exercised.watch(
      server.client3({ readTimeout: 20_000, connectTimeout: 20_000 }),
      actionOf3,
    )
    const echo = await zipOf({
      'index.js': `exports.handler = async (event, context) => {
        console.log('seen ' + event)
        if (event.toString() === 'throw') throw new TypeError('on purpose')
        if (event.toString() === 'version') return context.function.name + process.env.MARK
        return event
      }
      exports.stop = async () => {}`,
    })
    this.#started = { server, client, echo }
  }

  async stop(): Promise<void> {
    await this.#started?.server[Symbol.asyncDispose]()
  }

  get server(): FcServer {
    return this.#parts().server
  }

  get client(): Client3 {
    return this.#parts().client
  }

  /** A zip, in base64, of a function that gives back what it gets. */
  get echo(): string {
    return this.#parts().echo
  }

  create(functionName: string, more: object = {}) {
    const fields = { functionName, runtime, handler: 'index.handler', code: { zipFile: this.echo } }
    const body = model('CreateFunctionInput', { ...fields, ...more })
    return this.client.createFunction(model('CreateFunctionRequest', { body }))
  }

  async invoke(name: string, event: string, headers: object = {}, qualifier?: string) {
    const body = Readable.from([Buffer.from(event)])
    const answer = await this.client.invokeFunctionWithOptions(
      name,
      model('InvokeFunctionRequest', { body, ...(qualifier === undefined ? {} : { qualifier }) }),
      model('InvokeFunctionHeaders', { commonHeaders: headers }),
      {} as never,
    )
    const { statusCode, headers: given = {}, body: stream } = answer
    return { statusCode, headers: given, text: stream === undefined ? '' : await text(stream) }
  }

  #parts() {
    if (this.#started === undefined) throw new Error('the stage has not started')
    return this.#started
  }
}

/** What the client has read, by the names of the wire. */
export function plain(body: unknown): Record<string, unknown> {
  const map = (body as { toMap(): Record<string, unknown> }).toMap()
  return JSON.parse(JSON.stringify(map)) as Record<string, unknown>
}
