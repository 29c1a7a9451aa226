import { Fifo } from './fifo.ts'
import type { Unit } from './unit.ts'

/** The records of one partition that are held: those that wait for a batch, and, where order is kept, all until they are done. */
export class Lane {
  readonly partition: string
  readonly ready = new Fifo<Unit>()
  /** In the order in which they were read. Empty where no order is kept. */
  readonly held = new Fifo<Unit>()
  readyBytes = 0
  /** Units that were taken into batches and have not ended. */
  underWay = 0

  constructor(partition: string) {
    this.partition = partition
  }

  get isEmpty(): boolean {
    return this.held.length === 0 && this.ready.length === 0 && this.underWay === 0
  }
}
