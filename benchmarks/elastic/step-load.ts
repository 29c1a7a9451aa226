import type { Client } from '@millrace/sdk'

/** What was seen at one moment. */
export interface Sample {
  /** Milliseconds since the load began to rise. */
  readonly atMs: number
  /** Calls under way. */
  readonly calls: number
  readonly instances: number
  /** Longest call that ended since the sample before, in milliseconds; `undefined` when none ended. */
  readonly latencyMsMax: number | undefined
}

/** Calls that ended with an error, by code. */
export type Refusals = Map<string, number>

/** A closed load: so many callers call a function, one call after another, until they are told to stop. */
export class StepLoad {
  readonly refusals: Refusals = new Map()
  answered = 0
  underWay = 0
  readonly #client: Client
  readonly #name: string
  #latencyMsMax: number | undefined
  #isStopped = false

  constructor(client: Client, name: string) {
    this.#client = client
    this.#name = name
  }

  /** Resolves when all callers have stopped. */
  async run(callers: number): Promise<void> {
    await Promise.all(Array.from({ length: callers }, () => this.#call()))
  }

  stop(): void {
    this.#isStopped = true
  }

  /** The longest call since the last time that was asked. */
  takeLatency(): number | undefined {
    const latencyMs = this.#latencyMsMax
    this.#latencyMsMax = undefined
    return latencyMs
  }

  async #call(): Promise<void> {
    while (!this.#isStopped) {
      const startedAtMs = performance.now()
      this.underWay++
      try {
        await this.#client.invoke(this.#name, '')
        this.answered++
        this.#latencyMsMax = Math.max(this.#latencyMsMax ?? 0, performance.now() - startedAtMs)
      } catch (thrown) {
        const code = String((thrown as { code?: unknown }).code ?? thrown)
        this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
      } finally {
        this.underWay--
      }
    }
  }
}
