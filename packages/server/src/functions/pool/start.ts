import type { FunctionView } from '../../resources/index.ts'
import type { FunctionFailure } from '../failure.ts'
import type { Instance } from './instance.ts'

/** Makes an instance that is ready for invocations of one function, as it stands in the view. */
export interface InstanceStarter {
  /** How long `start` may take for this function: who waits for it must not lose patience before. */
  startMsMax(view: FunctionView): number
  /**
   * `requestId` is that of the invocation that is waiting for it. Rejects with `StartFailure` when the code is to
   * blame, else with an `AppError`; then nothing is left of the instance.
   */
  start(view: FunctionView, requestId: string, signal: AbortSignal): Promise<Instance>
}

/** The code could not be loaded, or its initializer failed. */
export class StartFailure extends Error {
  override readonly name: string = 'StartFailure'
  readonly failure: FunctionFailure

  constructor(failure: FunctionFailure) {
    super(failure.errorMessage)
    this.failure = failure
  }
}
