import type { NewEntry, QueueChange } from '@millrace/spi'
import { BusModel, type BusShape, type JournalLine, type StoredEvent } from './bus-model.ts'

/** What a queue's name says. */
export interface QueueParts {
  readonly bus: BusModel
  readonly rule: string
  readonly target: string
  readonly replay: string | undefined
}

/** What the model is told of, as it becomes visible in storage. */
export interface ModelWatcher {
  stored(bus: BusModel, event: StoredEvent): void
  ended(bus: BusModel, line: JournalLine): void
}

const journalSuffix = '#journal'

/** The simple account of everything: told of what is sent, answered and written, and asked by the checks. */
export class Model {
  readonly buses = new Map<string, BusModel>()
  readonly #account: string
  #watcher: ModelWatcher | undefined

  constructor(account: string) {
    this.#account = account
  }

  watch(watcher: ModelWatcher): void {
    this.#watcher = watcher
  }

  add(shape: BusShape): BusModel {
    const bus = new BusModel(this.#account, shape)
    this.buses.set(bus.key, bus)
    return bus
  }

  queue(name: string): QueueParts | undefined {
    const [path = '', replay] = name.split('@')
    const [account, busName, rule = '', target = ''] = path.split('/')
    const bus = this.buses.get(`${account}/${busName}`)
    return bus === undefined ? undefined : { bus, rule, target, replay }
  }

  /** Entries are in a log, and have been flushed if that was asked for. */
  appended(log: string, first: number, entries: readonly NewEntry[]): void {
    const bus = this.buses.get(log)
    if (bus === undefined) return
    for (const [index, entry] of entries.entries()) this.adopt(bus, first + index, entry)
  }

  /** A change of queues was applied: its journal lines are in the log of the journal, in this order. */
  committed(change: QueueChange): void {
    for (const { log, entries } of change.journal ?? []) {
      const bus = this.buses.get(log.slice(0, -journalSuffix.length))
      if (bus === undefined) continue
      for (const { bytes } of entries) {
        const line = readLine(bus.journalNext++, bytes)
        if (line.ending === undefined) continue
        bus.lines.push(line)
        this.#watcher?.ended(bus, line)
      }
    }
  }

  /** An event is seen in the log. */
  adopt(bus: BusModel, position: number, entry: NewEntry): void {
    if (bus.events.has(position)) return
    const event = readEvent(position, entry)
    bus.events.set(position, event)
    bus.positions.set(event.nonce, position)
    bus.next = Math.max(bus.next, position + 1)
    this.#watcher?.stored(bus, event)
  }
}

function readEvent(position: number, { bytes, acceptedAtMs }: NewEntry): StoredEvent {
  const text = Buffer.from(bytes).toString()
  const event = JSON.parse(text) as {
    id: string
    type: string
    data: { nonce: number; key: string; kind: string; n: number }
  }
  const { nonce, key, kind, n } = event.data
  return { position, nonce, id: event.id, key, facts: { type: event.type, kind, n }, text, acceptedAtMs }
}

function readLine(at: number, bytes: Uint8Array): JournalLine {
  const line = JSON.parse(Buffer.from(bytes).toString()) as {
    position: number
    rule: string
    target: string
    replay?: string
    ending?: string
    code?: string
  }
  const { position, rule, target, replay, ending, code } = line
  return { at, position, rule, target, replay, ending, code }
}
