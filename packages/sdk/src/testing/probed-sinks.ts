import type { Clock, Outcome, OutgoingRecord, Sink } from '@millrace/spi'
import type { SinkResolver, SinkUse } from '@millrace/server'
import type { TestHandler } from './options.ts'
import { bodyOf, outcomeOf, TargetProbe } from './target-probe.ts'

/** Stands between the engine and its sinks: probes see every write, and handlers take the place of functions. */
export class ProbedSinks {
  readonly #clock: Clock
  readonly #handlers: Readonly<Record<string, TestHandler>>
  readonly #probes = new Map<string, TargetProbe>()

  constructor(clock: Clock, handlers: Readonly<Record<string, TestHandler>>) {
    this.#clock = clock
    this.#handlers = handlers
  }

  /** By `bus/rule/target` or `stream/name`; made when it is asked for, since a fault may be planted beforehand. */
  probe(name: string): TargetProbe {
    const known = this.#probes.get(name)
    if (known !== undefined) return known
    const probe = new TargetProbe(name)
    this.#probes.set(name, probe)
    return probe
  }

  get all(): readonly TargetProbe[] {
    return [...this.#probes.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1))
  }

  /** The sinks of the engine, seen by the probes. */
  around(sinks: SinkResolver): SinkResolver {
    return {
      open: (account, spec, use) => {
        const handler = 'function' in spec ? this.#handlers[spec.function] : undefined
        const inner = handler === undefined ? sinks.open(account, spec, use) : new HandlerSink(handler)
        if (use.part === 'function') return inner
        const probe = this.probe(probeName(account, use))
        return new ProbedSink(inner, probe, use.part, this.#clock)
      },
    }
  }
}

/** What people call a target: the account is the same for all. */
function probeName(account: string, { queue }: SinkUse): string {
  return queue.replace(`${account}/`, '')
}

class HandlerSink implements Sink {
  readonly #handler: TestHandler

  constructor(handler: TestHandler) {
    this.#handler = handler
  }

  write(records: readonly OutgoingRecord[]): Promise<Outcome[]> {
    return Promise.all(records.map(record => outcomeOf(() => this.#handler(bodyOf(record)))))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

class ProbedSink implements Sink {
  readonly #inner: Sink
  readonly #probe: TargetProbe
  readonly #part: 'sink' | 'dead-letter'
  readonly #clock: Clock

  constructor(inner: Sink, probe: TargetProbe, part: 'sink' | 'dead-letter', clock: Clock) {
    this.#inner = inner
    this.#probe = probe
    this.#part = part
    this.#clock = clock
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const own =
      this.#part === 'sink'
        ? await Promise.all(records.map(record => this.#probe.answer(record)))
        : records.map(() => undefined)
    const asked = records.filter((_, at) => own[at] === undefined)
    const answers = asked.length === 0 ? [] : await this.#inner.write(asked, signal)
    const outcomes = records.map((record, at) => own[at] ?? taken(answers, asked.indexOf(record)))
    for (const [at, record] of records.entries())
      this.#probe.note(this.#part, record, taken(outcomes, at), this.#clock.nowMs())
    return outcomes
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}

function taken(outcomes: readonly Outcome[], at: number): Outcome {
  const outcome = outcomes[at]
  if (outcome === undefined) throw new Error(`the sink gave no outcome for record ${at}`)
  return outcome
}
