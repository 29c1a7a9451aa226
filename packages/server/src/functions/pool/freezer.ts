import { type Clock, frameType } from '@millrace/spi'
import type { SandboxedProcess } from '../sandbox/index.ts'
import type { Connection } from './connection.ts'
import type { InstanceDuties } from './duties.ts'

/**
 * Stops the processes of an idle instance, and lets them go on before the next frame:
 *
 *     awake ──rest──▶ preparing (the hook runs) ──▶ frozen ──wake──▶ awake
 *
 * Without a hook `preparing` is left at once. A `wake` while preparing cancels: the hook ends beside the work.
 */
export class Freezer {
  readonly #process: SandboxedProcess
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #duties: InstanceDuties
  #state: 'awake' | 'preparing' | 'frozen' = 'awake'
  /** A hook was asked for and has not answered. */
  #asked = false
  #told = true
  #timer: Disposable | undefined

  constructor(process: SandboxedProcess, connection: Connection, clock: Clock, duties: InstanceDuties) {
    this.#process = process
    this.#connection = connection
    this.#clock = clock
    this.#duties = duties
  }

  rest(): void {
    const { freezes, preFreezeMs, journal } = this.#duties
    if (!freezes || this.#state !== 'awake' || this.#asked) return
    if (preFreezeMs === undefined) {
      this.#freeze()
      return
    }
    this.#state = 'preparing'
    this.#asked = true
    this.#told = false
    journal.hookBegan('PreFreeze')
    this.#connection.send(frameType.freeze, 0)
    this.#timer = this.#clock.timer(preFreezeMs, () => this.#prepared())
  }

  /** To be called before any frame is sent. */
  wake(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (this.#state === 'frozen') this.#process.thaw()
    this.#state = 'awake'
  }

  /** The hook has ended. */
  onFrozen(idle: boolean): void {
    if (!this.#asked) return
    this.#asked = false
    if (this.#state === 'preparing') this.#prepared()
    else {
      this.#endHook()
      if (idle) this.rest()
    }
  }

  #prepared(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#endHook()
    this.#freeze()
  }

  /** Told once, also where the hook answers after its time. */
  #endHook(): void {
    if (this.#told) return
    this.#told = true
    this.#duties.journal.hookEnded('PreFreeze')
  }

  #freeze(): void {
    this.#state = 'frozen'
    this.#process.freeze()
  }
}
