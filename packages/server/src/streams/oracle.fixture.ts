import type { Outcome, OutgoingRecord, SourceRecord } from '@millrace/spi'
import { expect } from 'vitest'
import type { World } from './world.fixture.ts'

/** Failed attempts after which a record may be given up: the first and two retries. */
const attemptsMax = 3

/** What is known of one record from outside of the engine. */
interface Known {
  readonly partition: string
  readonly index: number
  attempts: number
  failures: number
  written: number
  isDead: boolean
  isLeftOut: boolean
  isFaulty: boolean
}

/**
 * Watches a simulated run from outside and knows what may happen: nothing is committed before its end, records of a
 * partition are begun in order, and none is given up early.
 */
export class Oracle {
  readonly #known = new Map<string, Known>()
  readonly #isOrdered: boolean
  readonly #mayDrop: boolean
  /** Broken promises, in words. Thrown errors would be taken for failures of the sink. */
  readonly broken: string[] = []

  constructor(world: World, options: { readonly isOrdered: boolean; readonly mayDrop: boolean }) {
    this.#isOrdered = options.isOrdered
    this.#mayDrop = options.mayDrop
    world.system.onCommit = record => this.#committed(record)
    world.sinks.onWrite = (sink, records) => {
      if (sink === 'sink') this.#begun(records.flatMap(idsOf))
    }
    world.sinks.onWritten = (sink, records, outcomes) => this.#answered(sink, records, outcomes)
  }

  put(ids: readonly string[], isWanted: boolean, isFaulty: boolean): void {
    for (const id of ids) {
      const [partition = '', index = ''] = id.split('-')
      const known = { partition, index: Number(index), attempts: 0, failures: 0, written: 0, isDead: false }
      this.#known.set(id, { ...known, isLeftOut: !isWanted && !isFaulty, isFaulty })
    }
  }

  /** A function has answered without them. */
  leftOut(ids: readonly string[]): void {
    for (const id of ids) this.#of(id).isLeftOut = true
  }

  /** A function has failed with them, or a sink has not answered. */
  failed(ids: readonly string[]): void {
    for (const id of ids) this.#of(id).failures++
  }

  expectEnded(): void {
    const open = [...this.#known].filter(([, known]) => !this.#isOver(known)).map(([id]) => id)
    expect(open).toEqual([])
  }

  expectNoDuplicates(): void {
    const twice = [...this.#known].filter(([, { written }]) => written > 1).map(([id]) => id)
    expect(twice).toEqual([])
  }

  #committed({ id }: SourceRecord): void {
    if (!this.#isOver(this.#of(id))) this.broken.push(`${id} was committed before its end`)
  }

  #begun(ids: readonly string[]): void {
    const together = new Set(ids)
    for (const id of ids) {
      const known = this.#of(id)
      known.attempts++
      if (known.isFaulty) this.broken.push(`${id} is faulty and was written`)
      if (known.attempts > 1 || !this.#isOrdered) continue
      for (let index = 0; index < known.index; index++) {
        const earlier = `${known.partition}-${index}`
        // A faulty one is never written: there is no order that it could break.
        const { isFaulty } = this.#of(earlier)
        if (isFaulty || together.has(earlier) || this.#isOver(this.#of(earlier))) continue
        this.broken.push(`${id} was begun before ${earlier} had ended`)
      }
    }
  }

  #answered(sink: string, records: readonly OutgoingRecord[], outcomes: readonly Outcome[]): void {
    for (const [index, record] of records.entries()) {
      const isOk = outcomes[index]?.status === 'ok'
      for (const id of idsOf(record)) this.#told(sink, id, isOk)
    }
  }

  #told(sink: string, id: string, isOk: boolean): void {
    const known = this.#of(id)
    if (sink === 'graves') {
      if (isOk) known.isDead = true
      if (known.failures < attemptsMax && !known.isFaulty) this.broken.push(`${id} was buried early`)
    } else if (sink === 'sink') {
      if (isOk) known.written++
      else known.failures++
    }
  }

  #isOver({ written, isDead, isLeftOut, isFaulty, failures }: Known): boolean {
    return written > 0 || isDead || isLeftOut || (this.#mayDrop && (isFaulty || failures >= attemptsMax))
  }

  #of(id: string): Known {
    const known = this.#known.get(id)
    if (known === undefined) throw new Error(`nobody put ${id}`)
    return known
  }
}

/** Ids of the events that a record carries: its own, or those of the list that it is. */
export function idsOf({ id, body }: OutgoingRecord): string[] {
  const text = Buffer.from(body).toString()
  return text.startsWith('[') ? (JSON.parse(text) as { id: string }[]).map(event => event.id) : [id]
}
