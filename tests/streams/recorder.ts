import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** An HTTP target that keeps count of the numbers which bodies `{"n":…}` bring, whatever else happens. */
export class Recorder {
  readonly url: string
  /** Pause before each answer, in milliseconds. */
  delayMs = 0
  readonly #seen = new Map<number, number>()
  readonly #order: number[] = []

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}/`
  }

  static async start(): Promise<Recorder> {
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        recorder.#record(text)
        setTimeout(() => response.writeHead(204).end(), recorder.delayMs)
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const recorder = new Recorder((server.address() as AddressInfo).port)
    onTestFinished(async () => {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    })
    return recorder
  }

  /** Different numbers that came. */
  get distinct(): number {
    return this.#seen.size
  }

  /** Numbers that came a second, third… time. */
  get duplicates(): number {
    return this.#order.length - this.#seen.size
  }

  /** Numbers in the order in which they came first. */
  get firsts(): number[] {
    return [...this.#seen.keys()]
  }

  #record(text: string): void {
    const { n } = JSON.parse(text) as { n: number }
    this.#order.push(n)
    this.#seen.set(n, (this.#seen.get(n) ?? 0) + 1)
  }
}
