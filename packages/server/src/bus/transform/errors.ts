import { AppError, type ErrorCatalogue, retryNever } from '@millrace/spi'

/** Codes of this folder, for the server's catalogue. */
export const transformErrors: ErrorCatalogue = {
  'transform.invalid': {
    status: 400,
    description:
      'A transform, or a path in it, cannot be compiled; the details name the place and the reason.',
  },
  'transform.result-too-large': {
    status: 422,
    description: 'A template made more bytes of an event than a result may have.',
  },
}

/**
 * The refusal of a transform: `path` is the place in the specification (`value`, `template`, `value.user`…), `reason` a
 * phrase that a person can act upon; `offset` counts UTF-16 units from the start of that text.
 */
export function invalidTransform(path: string, reason: string, offset?: number): AppError {
  const where = offset === undefined ? path : `${path} at character ${offset}`
  return new AppError(
    'transform.invalid',
    `The transform cannot be compiled: ${where}: ${reason}.`,
    retryNever,
    {
      details: offset === undefined ? { path, reason } : { path, reason, offset },
    },
  )
}

/** Whether the error is a refusal made by {@link invalidTransform}. */
export function isInvalidTransform(thrown: unknown): thrown is AppError {
  return thrown instanceof AppError && thrown.code === 'transform.invalid'
}
