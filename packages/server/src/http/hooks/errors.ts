import type { ErrorCatalogue } from '@millrace/spi'

/** Codes of the addresses of streams. */
export const hookErrors: ErrorCatalogue = {
  'hook.stream-not-found': { status: 404, description: 'There is no stream with this address.' },
  'hook.unattended': {
    status: 503,
    description:
      'Nobody listens at the address of the stream: it is paused, starting, or does not take requests.',
  },
  'hook.timeout': { status: 504, description: 'The stream took the request and did not answer in time.' },
}
