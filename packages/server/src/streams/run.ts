import type { AppError, SourceLag } from '@millrace/spi'
import type { StreamView } from '../resources/index.ts'
import { Berth } from './berth.ts'
import type { Counts } from './counts.ts'
import { equip, type Equipment, retire } from './equipment.ts'
import { within } from './in-time.ts'
import type { StreamLimits } from './limits.ts'
import { RecordRate } from './record-rate.ts'
import type { RunParts } from './run-parts.ts'
import type { TaskFigures } from './task.ts'

export interface RunOptions {
  readonly host: RunParts
  readonly stream: StreamView
  readonly counts: Counts
  readonly onError: (error: AppError) => void
  /** The stream is to stop before the record of this error; the run begins nothing more by itself. */
  readonly onBlocked: (error: AppError) => void
  /** The stream cannot go on as it is configured. */
  readonly onUnusable: (error: AppError) => void
}

/** One incarnation of a stream: its spec as it was when it began, with its sinks and tasks. It ends with `stop`. */
export class Run {
  readonly #options: RunOptions
  #equipment: Equipment | undefined
  #berths: readonly Berth[] = []

  constructor(options: RunOptions) {
    this.#options = options
  }

  /** Opens sinks and tasks. Rejects with an AppError when the stream cannot run as it is configured; then `stop` is still to be called. */
  async start(): Promise<void> {
    const { host, stream, counts, onError, onBlocked, onUnusable } = this.#options
    const { spec } = stream
    const traits = await host.sourceTraits(spec.source.connector)
    const equipment = await equip(stream, host)
    this.#equipment = equipment
    const rate = new RecordRate(spec.ratePerSecondMax, host.clock.nowMs())
    const isOrdered = traits.ordered
    const count = Math.min(spec.tasksMax, traits.tasksMax)
    const shared = {
      host: { ...host, limits: shareOf(host.limits, count) },
      stream,
      counts,
      equipment,
      isOrdered,
      rate,
      onError,
      onBlocked,
      onUnusable,
    }
    this.#berths = Array.from({ length: count }, (_, index) => new Berth({ ...shared, index }))
  }

  get hasBegun(): boolean {
    return this.#berths.some(({ task, isElsewhere }) => task !== undefined || isElsewhere)
  }

  /** Why one of its tasks cannot read until something is changed. */
  get problem(): AppError | undefined {
    return this.#berths.map(({ problem }) => problem).find(problem => problem !== undefined)
  }

  get isIdle(): boolean {
    return this.#berths.every(({ task, isElsewhere, problem }) =>
      task === undefined ? isElsewhere || problem !== undefined : task.isIdle,
    )
  }

  get tasks(): readonly TaskFigures[] {
    return this.#berths.flatMap(({ task }) => (task === undefined ? [] : [task.figures]))
  }

  /** Of all tasks together, from whichever is here; `undefined` where none can tell. */
  async lag(signal: AbortSignal): Promise<SourceLag | undefined> {
    return await this.#berths.find(({ task }) => task !== undefined)?.lag(signal)
  }

  /** What waits for its retry goes on at once. */
  hurry(): void {
    for (const { task } of this.#berths) task?.hurry()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#berths.map(berth => berth.stop()))
    const { clock, limits } = this.#options.host
    // A sink that hears nothing keeps its holder; it is closed when it lets go, and nobody waits for that.
    if (this.#equipment !== undefined) await within(clock, limits.drainMsMax, retire(this.#equipment))
  }
}

/** What a stream may hold is shared among its tasks. */
function shareOf(limits: StreamLimits, tasks: number): StreamLimits {
  return {
    ...limits,
    heldRecordsMax: Math.ceil(limits.heldRecordsMax / tasks),
    heldBytesMax: Math.ceil(limits.heldBytesMax / tasks),
  }
}
