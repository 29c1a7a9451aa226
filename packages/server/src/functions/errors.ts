import { AppError, type ErrorCatalogue, type RetryHint, retryBackoff, retryNever } from '@millrace/spi'

/** Codes of functions → HTTP status and a sentence for the reference page. */
export const functionErrorCatalogue: ErrorCatalogue = {
  'function.not-found': { status: 404, description: 'There is no function of this name.' },
  'function.version-not-found': { status: 404, description: 'The function has no version of this number.' },
  'function.alias-not-found': { status: 404, description: 'The function has no alias of this name.' },
  'function.disabled': { status: 403, description: 'The function may not be called; the message says why.' },
  'function.invalid': {
    status: 400,
    description: 'The definition of the function cannot work as it stands.',
  },
  'function.code-invalid': {
    status: 400,
    description: 'The code package breaks a rule: a path, a size or a count.',
  },
  'function.code-not-found': { status: 400, description: 'No code package of this name was uploaded.' },
  'function.runtime-unknown': { status: 400, description: 'No runtime of this name is installed.' },
  'function.runtime-busy': {
    status: 409,
    description: 'Another runtime is being installed or removed; try again when that has ended.',
  },
  'function.runtime-in-use': {
    status: 409,
    description: 'The runtime is not removed while functions, or versions of them, name it.',
  },
  'function.runtime-not-installed': {
    status: 502,
    description: 'The runtime could not be installed; the message says why, and nothing of it is left.',
  },
  'function.request-invalid': { status: 400, description: 'An option of the invocation does not fit.' },
  'function.payload-too-large': { status: 413, description: 'The payload exceeds the limit.' },
  'function.expired': {
    status: 504,
    description: 'The asynchronous call grew older than its function allows before it could be made.',
  },
  'function.too-early': {
    status: 425,
    description: 'The asynchronous call is put off; it is made in its time.',
  },
  'function.task-exists': { status: 409, description: 'The function has a task of this id already.' },
  'function.task-not-found': { status: 404, description: 'The function has no task of this id.' },
  'function.task-ended': { status: 409, description: 'The task has ended, so it cannot be stopped.' },
  'function.throttled': {
    status: 429,
    description:
      'All instances are busy and the line of waiting invocations is full, or the wait was too long.',
  },
  'function.failed': { status: 502, description: 'The code of the function failed; the details say how.' },
  'function.timed-out': {
    status: 504,
    description: 'The function ran longer than its time-out and was killed.',
  },
  'function.exited': { status: 502, description: 'The process ended before the invocation was complete.' },
  'function.initialization-failed': {
    status: 502,
    description: 'The initializer of the function failed or took too long.',
  },
  'function.not-started': {
    status: 412,
    description: 'The program of the function did not start, or its health check fails.',
  },
  'function.start-failed': { status: 500, description: 'No instance of the function could be started.' },
  'function.response-invalid': {
    status: 502,
    description:
      'The function answered an HTTP request with a status or headers that cannot be sent, or with too many.',
  },
  'function.network-unavailable': {
    status: 400,
    description:
      'The addresses that the function asks for cannot be kept apart from all others on this machine.',
  },
  'function.closed': { status: 503, description: 'The server is stopping and takes no further invocations.' },
}

export function functionError(
  code: `function.${string}` | `domain.${string}`,
  message: string,
  details?: Record<string, unknown>,
  retry: RetryHint = retryNever,
  cause?: unknown,
): AppError {
  return new AppError(code, message, retry, {
    ...(details === undefined ? {} : { details }),
    ...(cause === undefined ? {} : { cause }),
  })
}

export function throttled(name: string, reason: string, delayMs: number): AppError {
  return functionError('function.throttled', `function ${name} is throttled: ${reason}`, undefined, {
    kind: 'after',
    delayMs,
  })
}

export function stopping(): AppError {
  return functionError('function.closed', 'the server is stopping', undefined, retryBackoff)
}

export function startFailed(name: string, reason: string, cause?: unknown): AppError {
  const message = `an instance of function ${name} could not be started: ${reason}`
  return functionError('function.start-failed', message, undefined, retryBackoff, cause)
}
