import { type FunctionView, latestVersion } from '../../resources/index.ts'
import { functionError } from '../errors.ts'
import { asyncSetting } from './call-rules.ts'
import { delayMsMax } from './limits.ts'

/** What could never be made is refused at once. */
export function checkCallable(view: FunctionView, qualifier: string): void {
  if (view.disabled !== undefined) {
    throw functionError('function.disabled', `function ${view.name} is disabled: ${view.disabled}`)
  }
  if (qualifier === latestVersion) return
  if (/^[0-9]+$/.test(qualifier)) {
    if (view.versions.has(qualifier)) return
    throw functionError('function.version-not-found', `function ${view.name} has no version ${qualifier}`)
  }
  if (view.aliases.has(qualifier)) return
  throw functionError('function.alias-not-found', `function ${view.name} has no alias ${qualifier}`)
}

/** Refuses a payload above the limit (section 3.2). */
export function checkSize(payload: Uint8Array, limit: number): void {
  if (payload.length <= limit) return
  const message = `the payload has ${payload.length} bytes; the limit of asynchronous calls is ${limit}`
  throw functionError('function.payload-too-large', message, { limit, seen: payload.length })
}

/** The delay, or 0; refuses one that is no whole number of milliseconds below an hour. */
export function checkedDelay(delayMs = 0): number {
  if (Number.isInteger(delayMs) && delayMs >= 0 && delayMs < delayMsMax) return delayMs
  const message = `a call can be put off by less than ${delayMsMax} ms, not by ${delayMs}`
  throw functionError('function.request-invalid', message, { limit: delayMsMax, seen: delayMs })
}

/** The id of the call's task. A digit may come first: request ids, which name tasks that nobody has named, begin with one. */
export function taskIdOf(
  view: FunctionView,
  qualifier: string,
  taskId: string | undefined,
  requestId: string,
): string | undefined {
  const keepsTasks = asyncSetting(view, qualifier).tasks
  if (taskId === undefined) return keepsTasks ? requestId : undefined
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/.test(taskId)) {
    const message = 'a task id has 1 to 128 letters, digits, hyphens or underscores, and no hyphen in front'
    throw functionError('function.request-invalid', message, { length: taskId.length })
  }
  if (keepsTasks) return taskId
  const message = `function ${view.name} keeps no tasks for the qualifier ${qualifier}; its asynchronous setting says \`tasks\``
  throw functionError('function.request-invalid', message)
}
