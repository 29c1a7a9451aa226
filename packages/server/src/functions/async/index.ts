export {
  type AcceptedCall,
  type AsyncCalls,
  type AsyncCallsOptions,
  type CallOptions,
  createAsyncCalls,
  type Tasks,
  type TaskWithPayload,
} from './async-calls.ts'
export { type CallLimits, defaultCallLimits, delayMsMax, payloadBytesMost } from './limits.ts'
export { callBusKey } from './names.ts'
export type { CallObserver } from './observer.ts'
export { type Task, type TaskEvent, type TaskStatus, taskStatuses } from './task.ts'
export { type TaskPage, taskPageMax, type TaskQuery } from './task-store.ts'
