import { systemClock, systemRandom } from '@millrace/spi'
import { ChildHost } from '../src/child/index.ts'
import { clientProgram, type OutgoingMessage, type SendResult } from '../src/client/index.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

/** Sends messages for tests, one after the other, so that they lie in this order. */
export class Sender implements AsyncDisposable {
  readonly #host: ChildHost

  constructor(endpoint: string, namespace = '') {
    const access = {
      endpoint,
      namespace,
      credentials: undefined,
      tls: undefined,
      requestTimeoutMs: 5_000,
      allowPrivateTargets: true,
    }
    this.#host = new ChildHost(
      { module: clientProgram, start: () => ({ access, subscription: undefined }) },
      { clock: systemClock, random: systemRandom(systemClock), log },
      { callsMax: 100, startTimeoutMs: 20_000, stopTimeoutMs: 3_000, pauseMs: 100, pauseMsMax: 1_000 },
    )
  }

  async send(topic: string, bodies: readonly string[], more: Partial<OutgoingMessage> = {}): Promise<void> {
    for (const body of bodies) {
      const message = { topic, body: Buffer.from(body), keys: [], properties: {}, ...more }
      const signal = AbortSignal.timeout(20_000)
      const [result] = (await this.#host.call('send', { messages: [message] }, signal)) as SendResult[]
      if (result === undefined || 'fault' in result) throw new Error(`not sent: ${JSON.stringify(result)}`)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#host[Symbol.asyncDispose]()
  }
}
