import { errorCatalogue as cloudEventsErrors } from '@millrace/cloudevents'
import { errorCatalogue as patternErrors } from '@millrace/pattern'
import { type ErrorCatalogue, errorCatalogue as platformErrors } from '@millrace/spi'
import { authErrors } from '../auth/index.ts'
import { calendarErrors } from '../calendar/index.ts'
import { pluginErrors } from '../plugins/index.ts'
import { resourcesErrors } from '../resources/index.ts'
import { transformErrors } from '../bus/transform/index.ts'
import { deliveryErrors } from '../delivery/index.ts'
import { functionErrorCatalogue } from '../functions/index.ts'
import { ingestErrors } from '../ingest/index.ts'
import { quotaErrors } from '../quotas/index.ts'
import { queueErrors } from '../queues/index.ts'
import { logStoreErrors } from '../logstores/index.ts'
import { topicErrors } from '../topics/index.ts'
import { streamsErrors } from '../streams/index.ts'
import { httpErrors } from './errors.ts'
import { hookErrors } from './hooks/index.ts'
import { triggerErrors } from './triggers/index.ts'

/** Every catalogue of the product: what the face merges, and what the reference page is generated from. */
export const allErrorCatalogues: readonly ErrorCatalogue[] = [
  platformErrors,
  cloudEventsErrors,
  patternErrors,
  authErrors,
  calendarErrors,
  resourcesErrors,
  quotaErrors,
  ingestErrors,
  transformErrors,
  deliveryErrors,
  functionErrorCatalogue,
  pluginErrors,
  queueErrors,
  topicErrors,
  logStoreErrors,
  httpErrors,
  triggerErrors,
  hookErrors,
  streamsErrors,
]
