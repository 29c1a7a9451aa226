import type { Deployment } from '../../resources/index.ts'
import type { FunctionFailure } from '../failure.ts'
import type { Instance } from './instance.ts'

/** Where the time of a start went (function-compute section 5.1), in milliseconds. */
export interface StartPhases {
  /** Fetching and unpacking code and layers. */
  readonly codeMs: number
  /** From the start of the process to its first word; 0 when one was waiting already. */
  readonly runtimeMs: number
  /** Loading the code and running the initializer. */
  readonly initializeMs: number
}

export interface StartedInstance {
  readonly instance: Instance
  readonly phases: StartPhases
}

/** Makes an instance that is ready for invocations of one deployment. */
export interface InstanceStarter {
  /** How long `start` may take for this function: who waits for it must not lose patience before. */
  startMsMax(deployment: Deployment): number
  /**
   * `requestId` is that of the invocation that is waiting for it; empty when none is. Rejects with `StartFailure`
   * when the code is to blame, else with an `AppError`; then nothing is left of the instance.
   */
  start(deployment: Deployment, requestId: string, signal: AbortSignal): Promise<StartedInstance>
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
