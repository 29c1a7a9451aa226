export {
  type AcceptOptions,
  type AcceptOutcome,
  createIngest,
  type Ingest,
  type IngestParts,
} from './accept.ts'
export { dedupEntriesMax } from './dedup.ts'
export { ingestErrors } from './errors.ts'
export { engineAttributePrefix } from './stamp.ts'
