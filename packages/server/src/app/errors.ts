import type { ErrorCatalogue } from '@millrace/spi'
import { allErrorCatalogues } from '../http/index.ts'

/** Codes of starting and stopping. */
const appErrors: ErrorCatalogue = {
  'config.invalid': { status: 500, description: 'A setting of the server has a value that it cannot have.' },
  'config.sandbox-unusable': {
    status: 500,
    description: 'The sandbox that was asked for does not work on this machine.',
  },
  'config.storage-unusable': { status: 500, description: 'The storage in the data folder cannot be opened.' },
}

/** Every catalogue of the product, with what keeps a server from starting. */
export const serverErrorCatalogues: readonly ErrorCatalogue[] = [...allErrorCatalogues, appErrors]
