import type { BusModel, JournalLine, StoredEvent } from './bus-model.ts'
import type { Model, ModelWatcher, QueueParts } from './model.ts'
import type { TargetShape } from './rule-model.ts'
import type { WriteRecord, WriteWatcher } from './write-record.ts'
import type { Findings } from './findings.ts'

/** What sinks were asked for one delivery. */
interface DeliveryHistory {
  readonly writes: WriteRecord[]
  isTaken: boolean
  isDeadLetterTaken: boolean
  hasEnded: boolean
}

interface Bucket {
  readonly scope: string
  tokens: number
  filledAtMs: number
}

export interface WriteCheckParts {
  readonly model: Model
  readonly findings: Findings
  nowMs(): number
  /** Writes of a life whose slot is still taken. */
  underWay(life: number): WriteRecord[]
}

/** Checks every write of a sink at its start, and every ending at its writing, against what sinks have seen before. */
export class WriteChecks implements WriteWatcher, ModelWatcher {
  readonly #parts: WriteCheckParts
  readonly #histories = new Map<string, DeliveryHistory>()
  readonly #buckets = new Map<string, Bucket>()
  /** Highest position started, by life, queue and key of ordered targets. */
  readonly #highest = new Map<string, number>()

  constructor(parts: WriteCheckParts) {
    this.#parts = parts
  }

  started(write: WriteRecord): void {
    const queue = this.#parts.model.queue(write.queue)
    if (queue === undefined) return
    const shapes = shapesOf(queue)
    // A dead letter goes out in the slot of its delivery, which may have been taken before the window was narrowed.
    if (write.isDeadLetter) return
    this.#checkWindow(write, shapes)
    const history = this.#history(write.queue, write.nonce)
    this.#checkRate(write, queue, shapes)
    this.#checkRepetition(write, queue, history)
    this.#checkMark(write, queue)
    if (shapes.some(({ isOrdered }) => isOrdered)) this.#checkOrder(write, queue)
    history.writes.push(write)
  }

  taken(write: WriteRecord): void {
    const history = this.#history(write.queue, write.nonce)
    if (write.isDeadLetter) history.isDeadLetterTaken = true
    else history.isTaken = true
  }

  stored(bus: BusModel, event: StoredEvent): void {
    this.#checkDedup(bus, event)
    const { findings } = this.#parts
    const sent = bus.sent.get(event.nonce)
    findings.expect('refused', !bus.refused.has(event.nonce), () => {
      return `event ${event.nonce} was refused, and is stored at position ${event.position} of ${bus.key}`
    })
    findings.expect('durable', sent?.id === event.id && sent.key === event.key, () => {
      return `what is stored at position ${event.position} of ${bus.key} is not what was sent`
    })
  }

  ended(bus: BusModel, line: JournalLine): void {
    const event = bus.events.get(line.position)
    const { position, rule, target, replay, ending, code } = line
    const queue = `${bus.key}/${rule}/${target}${replay === undefined ? '' : `@${replay}`}`
    const history = event === undefined ? undefined : this.#histories.get(`${queue} ${event.nonce}`)
    const what = `${queue} position ${position} (event ${event?.nonce}) ended as ${ending}`
    const { findings } = this.#parts
    if (ending === 'delivered') {
      findings.expect(
        'acceptance',
        history?.isTaken === true,
        () => `${what}, but its sink has never taken it`,
      )
    } else if (ending === 'dead-lettered') {
      const isTaken = history?.isDeadLetterTaken === true
      findings.expect('acceptance', isTaken, () => `${what}, but no dead letter of it was taken`)
    } else this.#checkDrop(bus, line, what)
    if (event !== undefined) this.#history(queue, event.nonce).hasEnded = true
    if (code === 'delivery.event-gone') {
      findings.expect('retention', false, () => `${what}: its event was removed from the log before`)
    }
  }

  #checkDrop(bus: BusModel, { position, rule, target, code }: JournalLine, what: string): void {
    const model = bus.rule(rule)
    const { findings } = this.#parts
    if (code === 'delivery.target-removed') {
      const holds = model.mayBeRemovedAfter(position, target)
      findings.expect('acceptance', holds, () => `${what} with ${code}, but the target was not removed`)
      return
    }
    if (code === 'replay.cancelled' || code === 'delivery.dead-letter-expired') return
    const shapes = model.changes.flatMap(
      ({ shape }) => shape?.targets.filter(({ id }) => id === target) ?? [],
    )
    const hasNone = shapes.some(({ deadLetter }) => deadLetter === undefined)
    findings.expect('acceptance', hasNone, () => `${what} (${code}), but the target has a dead letter`)
  }

  #checkWindow(write: WriteRecord, shapes: readonly TargetShape[]): void {
    if (shapes.length === 0) return
    const inFlight = this.#parts.underWay(write.life).filter(({ queue }) => queue === write.queue).length
    const limit = Math.max(...shapes.map(({ concurrencyMax }) => concurrencyMax))
    this.#parts.findings.expect('window', inFlight <= limit, () => {
      return `${write.queue} has ${inFlight} deliveries in flight, at most ${limit} are allowed`
    })
  }

  /** A bucket of its own, with the same numbers as the target's; a change of the rule or a restart fills it. */
  #checkRate(write: WriteRecord, { bus, rule }: QueueParts, shapes: readonly TargetShape[]): void {
    const [shape, another] = shapes
    const rate = shape?.ratePerSecondMax
    if (rate === undefined || another !== undefined) {
      this.#buckets.delete(write.queue)
      return
    }
    const scope = `${write.life} ${bus.rule(rule).shape?.mark} ${bus.rule(rule).changes.length}`
    const nowMs = this.#parts.nowMs()
    let bucket = this.#buckets.get(write.queue)
    if (bucket?.scope !== scope) {
      bucket = { scope, tokens: Math.max(1, rate), filledAtMs: nowMs }
      this.#buckets.set(write.queue, bucket)
    }
    bucket.tokens = Math.min(Math.max(1, rate), bucket.tokens + ((nowMs - bucket.filledAtMs) * rate) / 1_000)
    bucket.filledAtMs = nowMs
    bucket.tokens -= 1
    const { tokens } = bucket
    this.#parts.findings.expect('rate', tokens > -1e-6, () => {
      return `${write.queue} starts more than ${rate} deliveries a second`
    })
  }

  #checkRepetition(
    write: WriteRecord,
    { bus, rule, target, replay }: QueueParts,
    history: DeliveryHistory,
  ): void {
    if (history.writes.length === 0) return
    const { findings } = this.#parts
    const what = `event ${write.nonce} in ${write.queue}`
    findings.expect('attempts', write.attempt > 1, () => `${what} is attempted again with the number 1`)
    const before = history.writes.find(({ isAcknowledged, life }) => isAcknowledged && life === write.life)
    findings.expect('redundant', before === undefined, () => {
      return `${what} is attempted again, though its sink had said ok to the same process`
    })
    const isRecorded = bus.lines.some(
      line =>
        line.position === write.position &&
        line.rule === rule &&
        line.target === target &&
        line.replay === replay,
    )
    findings.expect(
      'redundant',
      !isRecorded,
      () => `${what} is attempted again after its ending was recorded`,
    )
  }

  #checkMark(write: WriteRecord, { bus, replay }: QueueParts): void {
    const model = replay === undefined ? undefined : bus.replays.get(replay)
    const wanted = model?.marked === false ? undefined : replay
    // A replay may deliver before whoever asked for it knows its id.
    const isUnknown = replay !== undefined && model === undefined
    this.#parts.findings.expect('replay', write.replay === wanted || isUnknown, () => {
      return `a delivery of ${write.queue} is marked as ${write.replay ?? 'no replay'}`
    })
    const position = bus.positions.get(write.nonce)
    this.#parts.findings.expect('positions', position === undefined || position === write.position, () => {
      return `event ${write.nonce} is stored at ${position}, and delivered as position ${write.position}`
    })
  }

  #checkOrder(write: WriteRecord, queue: QueueParts): void {
    const position = write.position ?? 0
    const { findings } = this.#parts
    const scope = `${write.life} ${write.queue} ${write.key}`
    const highest = this.#highest.get(scope) ?? 0
    const isFree = queue.bus.rule(queue.rule).mayBeRemovedAfter(position, queue.target)
    findings.expect('order', position >= highest || isFree, () => {
      return `${write.queue}, key ${write.key}: position ${position} is attempted after ${highest}`
    })
    this.#highest.set(scope, Math.max(highest, position))
    if (queue.replay !== undefined || isFree) return
    for (const event of queue.bus.events.values()) {
      if (event.position >= position || event.key !== write.key) continue
      const holds = this.#isDoneWith(event, write, queue)
      findings.expect('order', holds, () => {
        return `${write.queue}, key ${write.key}: position ${position} is attempted before ${event.position} has ended`
      })
    }
  }

  /** Whether a delivery has ended, as far as sinks can tell: taken, or tried in this life and not under way any more. */
  #isDoneWith(event: StoredEvent, write: WriteRecord, { bus, rule, target }: QueueParts): boolean {
    const model = bus.rule(rule)
    if (!model.isCertain(event.position) || model.expect(event.position, event.facts, target).least === 0)
      return true
    if (model.mayBeRemovedAfter(event.position, target)) return true
    const history = this.#histories.get(`${write.queue} ${event.nonce}`)
    if (history === undefined) return false
    if (history.isTaken || history.isDeadLetterTaken || history.hasEnded) return true
    const last = history.writes.at(-1)
    return last?.life === write.life && last.isOver
  }

  #checkDedup(bus: BusModel, event: StoredEvent): void {
    if (bus.shape.dedupWindowMs === 0) return
    for (const other of bus.events.values()) {
      if (other === event || other.id !== event.id) continue
      const apartMs = Math.abs(event.acceptedAtMs - other.acceptedAtMs)
      this.#parts.findings.expect('dedup', apartMs >= bus.shape.dedupWindowMs, () => {
        return `${event.id} is stored at positions ${other.position} and ${event.position}, ${apartMs} ms apart`
      })
    }
  }

  #history(queue: string, nonce: number): DeliveryHistory {
    const name = `${queue} ${nonce}`
    let history = this.#histories.get(name)
    if (history === undefined) {
      history = { writes: [], isTaken: false, isDeadLetterTaken: false, hasEnded: false }
      this.#histories.set(name, history)
    }
    return history
  }
}

/** Forms that the target may have at this moment: the one that was answered, and one that is under way. */
function shapesOf({ bus, rule, target }: QueueParts): TargetShape[] {
  const model = bus.rule(rule)
  return [model.shape, model.underWay?.shape]
    .flatMap(shape => shape?.targets ?? [])
    .filter(({ id }) => id === target)
}
