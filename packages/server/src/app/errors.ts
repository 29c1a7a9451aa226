import type { ErrorCatalogue } from '@millrace/spi'

/** Codes of starting and stopping. */
export const appErrors: ErrorCatalogue = {
  'config.invalid': { status: 500, description: 'A setting of the server has a value that it cannot have.' },
  'config.storage-unknown': { status: 500, description: 'No storage driver of that name is installed.' },
}
