import { AppError, type ErrorCatalogue, retryNever } from '@millrace/spi'

/** Codes of HTTP triggers and domains. */
export const triggerErrors: ErrorCatalogue = {
  'trigger.not-found': { status: 404, description: 'The function has no HTTP trigger for this qualifier.' },
  'trigger.disabled': { status: 403, description: 'The HTTP trigger is switched off.' },
  'trigger.method-refused': { status: 403, description: 'The HTTP trigger does not take this method.' },
  'trigger.request-invalid': {
    status: 400,
    description: 'The request breaks a limit of HTTP triggers, or its path or a control header is broken.',
  },
  'trigger.credentials-missing': {
    status: 400,
    description: 'The HTTP trigger wants a signature, and the request has none.',
  },
  'trigger.unauthenticated': {
    status: 401,
    description: 'The request has no credentials that the HTTP trigger takes.',
  },
  'trigger.access-denied': {
    status: 403,
    description: 'The request is signed with a key of another account than that of the function.',
  },
  'trigger.auth-invalid': {
    status: 400,
    description: 'The settings by which the trigger or domain lets requests in cannot be understood.',
  },
  'trigger.asynchronous-unsupported': {
    status: 400,
    description: 'The code answers HTTP itself, so that a request to it cannot be made later.',
  },
  'trigger.upgrade-unsupported': {
    status: 501,
    description: 'The request wants another protocol, such as WebSocket.',
  },
  'domain.route-not-found': { status: 404, description: 'The domain has no route for this path.' },
}

export type TriggerCode = `trigger.${string}` | `domain.${string}`

export function triggerError(
  code: TriggerCode,
  message: string,
  details?: Record<string, unknown>,
): AppError {
  return new AppError(code, message, retryNever, details === undefined ? {} : { details })
}

/** `challenge` is the value of `WWW-Authenticate`. */
export function unauthenticatedAtTrigger(message: string, challenge: string): AppError {
  return triggerError('trigger.unauthenticated', message, { challenge })
}

export function functionNotFound(name: string): AppError {
  const shown = name.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 128)
  return new AppError('function.not-found', `function '${shown}' does not exist`, retryNever)
}
