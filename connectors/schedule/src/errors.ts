import { AppError, retryBackoff, retryNever } from '@millrace/spi'

/** Total: whatever the parser of calendars says, the schedule or its zone is to blame. */
export function scheduleInvalid(thrown: unknown): AppError {
  const reason = thrown instanceof Error ? thrown.message.replace(/^\w+: /, '') : String(thrown)
  return new AppError('options.invalid', `schedule: option schedule cannot be used: ${reason}`, retryNever, {
    details: { component: 'schedule', path: 'schedule' },
  })
}

export function sourceClosed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing more is due here', retryBackoff)
}
