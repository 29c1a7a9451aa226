import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

export interface PublisherOptions {
  readonly port: number
  readonly path: string
  readonly token: string
  /** One event with `{sequence}` in its id. */
  readonly eventText: string
}

/** Publishes single events at a fixed rate, whether or not earlier ones were answered, and knows when each was due. */
export class OpenLoopPublisher {
  private readonly options: PublisherOptions
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 })
  private readonly dueTimes: number[] = []

  constructor(options: PublisherOptions) {
    this.options = options
  }

  /** Events published so far; their numbers are 0 to this, exclusive. */
  get sent(): number {
    return this.dueTimes.length
  }

  dueAt(sequence: number): number {
    return this.dueTimes[sequence] ?? Number.NaN
  }

  /** Resolves when all events of this run were accepted. Rejects when one was refused. */
  async run(ratePerSecond: number, durationMs: number, signal: AbortSignal): Promise<void> {
    const beganAt = performance.now()
    const total = Math.floor((ratePerSecond * durationMs) / 1_000)
    const answers: Promise<void>[] = []
    for (let count = 0; count < total; ) {
      const due = Math.min(total, Math.floor(((performance.now() - beganAt) * ratePerSecond) / 1_000))
      for (; count < due; count++) answers.push(this.publish(beganAt + (count * 1_000) / ratePerSecond))
      await pause(1, undefined, { signal })
    }
    await Promise.all(answers)
  }

  private publish(dueAt: number): Promise<void> {
    const { port, path, token, eventText } = this.options
    const body = eventText.replace('{sequence}', String(this.dueTimes.length).padStart(12, '0'))
    this.dueTimes.push(dueAt)
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/cloudevents+json',
      'content-length': Buffer.byteLength(body),
    }
    return new Promise((resolve, reject) => {
      const sent = request(
        { agent: this.agent, host: '127.0.0.1', port, path, method: 'POST', headers },
        response => {
          response.resume()
          if (response.statusCode === 200) response.on('end', resolve)
          else reject(new Error(`publishing was answered with ${response.statusCode}`))
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }
}
