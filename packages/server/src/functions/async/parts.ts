import type { EventText } from '@millrace/cloudevents'
import type { Clock } from '@millrace/spi'
import type { BusView, Snapshots } from '../../resources/index.ts'
import type { InvocationResult, InvokeOptions } from '../invoke/index.ts'
import type { CallBuses } from './call-buses.ts'
import type { LastFailures } from './last-failures.ts'
import type { CallObserver } from './observer.ts'
import type { TaskRunner } from './task-runner.ts'

/** Appends an event to a hidden bus. Resolves when it is durable; rejects with an AppError when it was not taken. */
export type AppendCall = (bus: BusView, event: EventText) => Promise<void>

/** Invokes a function and waits for its result. */
export type InvokeFunction = (
  account: string,
  name: string,
  payload: Uint8Array,
  options: InvokeOptions,
) => Promise<InvocationResult>

/** What the sinks of the hidden bus share. */
export interface CallParts {
  /** Of the control plane. */
  readonly snapshots: Snapshots
  readonly buses: CallBuses
  readonly invoke: InvokeFunction
  readonly append: AppendCall
  readonly runner: TaskRunner
  readonly failures: LastFailures
  readonly clock: Clock
  readonly region: string
  readonly observer: CallObserver
}
