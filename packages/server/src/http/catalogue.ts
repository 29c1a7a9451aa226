import { errorCatalogue as cloudEventsErrors } from '@millrace/cloudevents'
import { type ErrorCatalogue, errorCatalogue as platformErrors } from '@millrace/spi'
import { authErrors } from '../auth/index.ts'
import { resourcesErrors } from '../resources/index.ts'
import { ingestErrors } from '../ingest/index.ts'
import { httpErrors } from './errors.ts'
import { patternErrors } from './pattern-errors.ts'

/** Every catalogue of the product: what the face merges, and what the reference page is generated from. */
export const allErrorCatalogues: readonly ErrorCatalogue[] = [
  platformErrors,
  cloudEventsErrors,
  patternErrors,
  authErrors,
  resourcesErrors,
  ingestErrors,
  httpErrors,
]
