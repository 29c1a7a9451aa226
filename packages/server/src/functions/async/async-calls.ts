import {
  type AppError,
  type Clock,
  type Documents,
  type PluginLog,
  type Random,
  type Sink,
} from '@millrace/spi'
import { busKey, type FunctionView, type SinkSpec, type Snapshots } from '../../resources/index.ts'
import { functionError } from '../errors.ts'
import { checkRequestId, newRequestId } from '../invoke/index.ts'
import { CallBuses } from './call-buses.ts'
import { type Call, type CallTrace, encodeCall } from './call-event.ts'
import { checkCallable, checkedDelay, checkSize, taskIdOf } from './call-check.ts'
import { CallSink } from './call-sink.ts'
import { DestinationSink, EnqueueSink } from './destination-sink.ts'
import { EndingSink } from './ending-sink.ts'
import { LastFailures } from './last-failures.ts'
import { type CallLimits, defaultCallLimits } from './limits.ts'
import { callBusName, callRule, internalSinks, qualifierOf } from './names.ts'
import { type CallObserver, silentCallObserver } from './observer.ts'
import type { AppendCall, CallParts, InvokeFunction } from './parts.ts'
import { newTask, type Task } from './task.ts'
import { TaskReview } from './task-review.ts'
import { TaskRunner, taskFields } from './task-runner.ts'
import { type TaskPage, type TaskQuery, TaskStore } from './task-store.ts'

export interface CallOptions {
  /** `LATEST`, a version or an alias; `LATEST` when absent. */
  readonly qualifier?: string
  /** Name of the task, unique among those that the function keeps; the request id when absent. */
  readonly taskId?: string
  /** Not before so many milliseconds have passed; below `delayMsMax`. */
  readonly delayMs?: number
  /** 1 to 128 letters, digits, `-`, `_`; made up when absent. */
  readonly requestId?: string
  readonly trace?: CallTrace
}

/** What a caller is told once the call is durable. */
export interface AcceptedCall {
  readonly requestId: string
  /** Where the function keeps records of its calls. */
  readonly taskId: string | undefined
}

/** A task with what the function was called with. */
export interface TaskWithPayload extends Task {
  readonly payload: Uint8Array
}

/** The records of calls, for functions whose setting says `tasks`. Unknown functions are refused with `function.not-found`. */
export interface Tasks {
  list(account: string, name: string, query?: TaskQuery): Promise<TaskPage>
  /** Rejects with `function.task-not-found`. */
  get(account: string, name: string, taskId: string): Promise<TaskWithPayload>
  /** See `TaskRunner.stop`. */
  stop(account: string, name: string, taskId: string): Promise<Task>
}

/** Asynchronous calls of functions: each is an event of a hidden bus, and delivery makes it (decision 0010). */
export interface AsyncCalls extends AsyncDisposable {
  readonly tasks: Tasks
  /** What delivery is to be given in the place of the control plane's snapshots. */
  readonly snapshots: Snapshots
  /** Learns which queues an earlier process has left, and looks through its tasks. To be called before delivery starts. */
  start(): Promise<void>
  /**
   * Resolves when the call is durable. Rejects with `function.not-found`, `function.version-not-found`,
   * `function.alias-not-found`, `function.disabled`, `function.payload-too-large`, `function.request-invalid`,
   * `function.task-exists`, and with what the log says: full, closed.
   */
  call(account: string, name: string, payload: Uint8Array, options?: CallOptions): Promise<AcceptedCall>
  /** The sink that a rule of the hidden bus names; `undefined` for those of users. */
  sink(account: string, spec: SinkSpec, open: (spec: SinkSpec) => Sink): Sink | undefined
  /** A sink that calls a function asynchronously: a record is written when its call is durable. */
  enqueuer(account: string, name: string, qualifier: string | undefined): Sink
}

export interface AsyncCallsOptions {
  /** Of the control plane. */
  readonly snapshots: Snapshots
  readonly documents: Documents
  readonly invoke: InvokeFunction
  readonly append: AppendCall
  /** Names of queues that begin so and may hold deliveries, as the last process has left them. */
  readonly queues: (begin: string) => Promise<string[]>
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  /** Default `local`. */
  readonly region?: string
  readonly limits?: Partial<CallLimits>
  /** Default: nobody. */
  readonly observer?: CallObserver
}

export function createAsyncCalls(options: AsyncCallsOptions): AsyncCalls {
  return new Calls(options)
}

class Calls implements AsyncCalls {
  readonly tasks: Tasks
  readonly #options: AsyncCallsOptions
  readonly #limits: CallLimits
  readonly #parts: CallParts
  readonly #review: TaskReview

  constructor(options: AsyncCallsOptions) {
    const { snapshots, documents, clock, log, invoke, append } = options
    const limits = { ...defaultCallLimits, ...options.limits }
    const runner = new TaskRunner(new TaskStore(documents), clock)
    this.#options = options
    this.#limits = limits
    this.#parts = {
      snapshots,
      buses: new CallBuses(snapshots),
      invoke,
      append,
      runner,
      failures: new LastFailures(limits.failuresMax),
      clock,
      region: options.region ?? 'local',
      observer: options.observer ?? silentCallObserver,
    }
    this.#review = new TaskReview({ runner, snapshots, clock, log, limits })
    this.tasks = {
      list: async (account, name, query = {}) => {
        this.#find(account, name)
        return await runner.store.list(account, name, query)
      },
      get: (account, name, taskId) => this.#task(account, name, taskId),
      stop: async (account, name, taskId) => {
        this.#find(account, name)
        return await runner.stop(account, name, taskId)
      },
    }
  }

  get snapshots(): Snapshots {
    return this.#parts.buses
  }

  async start(): Promise<void> {
    const accounts = new Set(
      [...this.#options.snapshots.current().functions.values()].map(view => view.account),
    )
    for (const account of accounts) {
      this.#parts.buses.restore(await this.#options.queues(`${account}/${callBusName}/`))
    }
    this.#review.start()
  }

  async call(
    account: string,
    name: string,
    payload: Uint8Array,
    options: CallOptions = {},
  ): Promise<AcceptedCall> {
    const view = this.#find(account, name)
    const qualifier = qualifierOf(options.qualifier)
    checkCallable(view, qualifier)
    checkSize(payload, this.#limits.payloadBytesMax)
    const { clock, random } = this.#options
    if (options.requestId !== undefined) checkRequestId(options.requestId)
    const requestId = options.requestId ?? newRequestId(clock, random)
    const calledAtMs = clock.nowMs()
    const call: Call = {
      requestId,
      rule: callRule(name, view.async.has(qualifier) ? qualifier : undefined),
      name,
      qualifier,
      taskId: taskIdOf(view, qualifier, options.taskId, requestId),
      calledAtMs,
      notBeforeMs: calledAtMs + checkedDelay(options.delayMs),
      trace: options.trace,
      payload,
    }
    if (call.taskId === undefined) await this.#append(account, call)
    else await this.#enter(account, view, call, call.taskId)
    this.#parts.observer.enqueued(view.key)
    return { requestId, taskId: call.taskId }
  }

  sink(account: string, spec: SinkSpec, open: (spec: SinkSpec) => Sink): Sink | undefined {
    if (!('connector' in spec)) return undefined
    switch (spec.connector) {
      case internalSinks.call:
        return new CallSink(account, this.#parts)
      case internalSinks.ended:
        return new EndingSink(account, this.#parts)
      case internalSinks.destination:
        return this.#destination(account, (spec.options as { sink: SinkSpec }).sink, open)
      default:
        return undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.buses[Symbol.dispose]()
    await this.#review[Symbol.asyncDispose]()
  }

  #destination(account: string, spec: SinkSpec, open: (spec: SinkSpec) => Sink): Sink {
    const { runner, observer } = this.#parts
    const sink = 'function' in spec ? this.enqueuer(account, spec.function, spec.qualifier) : open(spec)
    return new DestinationSink(account, sink, runner.store, observer)
  }

  enqueuer(account: string, name: string, qualifier: string | undefined): Sink {
    const options = qualifier === undefined ? {} : { qualifier }
    return new EnqueueSink(payload => this.call(account, name, payload, options))
  }

  async #append(account: string, call: Call): Promise<void> {
    const bus = this.#parts.buses.of(account)
    if (bus === undefined) throw notFound(call.name)
    await this.#parts.append(bus, encodeCall(call))
  }

  /**
   * The call comes first and its record second: a crash in between leaves a call that nobody was told of, and whoever makes
   * it writes the record. The other way round there could be a record that never ends.
   */
  async #enter(account: string, view: FunctionView, call: Call, taskId: string): Promise<void> {
    const { runner, snapshots } = this.#parts
    const isFirst = await runner.accept(account, call.name, taskId, async () => {
      if ((await runner.store.get(account, call.name, taskId)) !== undefined)
        throw taskExists(call.name, taskId)
      await this.#append(account, call)
      await runner.store.create(account, newTask(taskFields(view, call, taskId)), call.payload)
    })
    if (!isFirst) throw taskExists(call.name, taskId)
    if (snapshots.current().functions.get(view.key)?.createdAtMs === view.createdAtMs) return
    // Deleted meanwhile, and its tasks were ended before this one was there.
    await runner.move(account, call, 'Invalid', 'the function was deleted')
  }

  async #task(account: string, name: string, taskId: string): Promise<TaskWithPayload> {
    this.#find(account, name)
    const { store } = this.#parts.runner
    const task = await store.get(account, name, taskId)
    if (task === undefined) {
      throw functionError('function.task-not-found', `function ${name} has no task ${taskId}`)
    }
    return { ...task, payload: await store.payload(account, name, taskId) }
  }

  #find(account: string, name: string): FunctionView {
    const view = this.#options.snapshots.current().functions.get(busKey(account, name))
    if (view === undefined) throw notFound(name)
    return view
  }
}

function notFound(name: string): AppError {
  return functionError('function.not-found', `there is no function ${name}`, { name })
}

function taskExists(name: string, taskId: string): AppError {
  return functionError('function.task-exists', `function ${name} has a task ${taskId} already`, { taskId })
}
