import type { ErrorCatalogue } from '@millrace/spi'

/** Codes of starting and stopping, and of what only the composed server can check. */
export const appErrors: ErrorCatalogue = {
  'config.invalid': { status: 500, description: 'A setting of the server has a value that it cannot have.' },
  'rule.sink-invalid': {
    status: 400,
    description: 'A target names a function or bus that is not there, or may not be used.',
  },
  'config.storage-unusable': { status: 500, description: 'The storage in the data folder cannot be opened.' },
}
