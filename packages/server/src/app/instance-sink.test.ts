import { AppError, type Outcome, type OutgoingRecord, retryBackoff, type Sink } from '@millrace/spi'
import { expect, test } from 'vitest'
import type { InstanceSpec, NamedView } from '../resources/index.ts'
import { InstanceSink } from './instance-sink.ts'

const record = {} as OutgoingRecord
const signal = new AbortController().signal

function view(revision: number): NamedView<InstanceSpec> {
  return { revision } as NamedView<InstanceSpec>
}

/** A system whose sinks answer when they are told to, and that notes which were closed. */
class System {
  instance: NamedView<InstanceSpec> | undefined = view(1)
  readonly closed: number[] = []
  readonly #waiting: (() => void)[] = []

  readonly sink = new InstanceSink({ instance: () => this.instance, open: () => this.#open() })

  answerAll(): void {
    for (const answer of this.#waiting.splice(0)) answer()
  }

  #open(): Sink {
    const { instance } = this
    if (instance === undefined) throw new AppError('instance.invalid', 'there is no instance', retryBackoff)
    const detail = `revision ${instance.revision}`
    return {
      write: () =>
        new Promise<Outcome[]>(resolve => this.#waiting.push(() => resolve([{ status: 'ok', detail }]))),
      [Symbol.asyncDispose]: async () => void this.closed.push(instance.revision),
    }
  }
}

test('writes go by the instance as it is, and the old opening ends with its last write', async () => {
  const system = new System()
  const first = system.sink.write([record], signal)

  system.instance = view(2)
  const second = system.sink.write([record], signal)

  expect(system.closed).toEqual([])
  system.answerAll()
  expect(await first).toEqual([{ status: 'ok', detail: 'revision 1' }])
  expect(await second).toEqual([{ status: 'ok', detail: 'revision 2' }])
  expect(system.closed).toEqual([1])
  await system.sink[Symbol.asyncDispose]()
  expect(system.closed).toEqual([1, 2])
})

test('while the instance is gone every record fails with the reason', async () => {
  const system = new System()
  system.instance = undefined

  const outcomes = await system.sink.write([record, record], signal)

  expect(outcomes.map(outcome => outcome.status)).toEqual(['failed', 'failed'])
  expect(outcomes[0]).toMatchObject({ error: { code: 'instance.invalid' } })
  system.instance = view(3)
  const again = system.sink.write([record], signal)
  system.answerAll()
  expect(await again).toEqual([{ status: 'ok', detail: 'revision 3' }])
})
