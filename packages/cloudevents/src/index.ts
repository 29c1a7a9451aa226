export { isBase64, isInteger, parseAttribute } from './attribute-value.ts'
export type { AttributeType } from './attribute-value.ts'
export { encodeBatch, encodeBinary, encodeStructured, joinBatch } from './encode.ts'
export { CloudEventError, errorCatalogue } from './errors.ts'
export type { CloudEventErrorCode, CloudEventErrorDetails } from './errors.ts'
export type { AttributeValue, CloudEvent, EventData, HttpHeaders } from './event.ts'
export type { ByteRange, EventText } from './event-text.ts'
export { decodeHeaderValue, encodeHeaderValue } from './header-value.ts'
export { defaultLimits, ResolvedOptions } from './limits.ts'
export type { EventLimits, EventOptions } from './limits.ts'
export {
  batchMediaType,
  contentModeOf,
  isJsonMediaType,
  jsonMediaType,
  structuredMediaType,
} from './media-type.ts'
export type { ContentMode } from './media-type.ts'
export { isAttributeName } from './names.ts'
export { parseBatch, parseBinary, parseStructured, toCloudEvent } from './parse.ts'
export { scanBatch, scanStructured } from './scan.ts'
export { scanBinary } from './scan-binary.ts'
export {
  dataRange,
  encodeAttributes,
  readAttributes,
  replaceAttributes,
  toBinary,
  withAttributes,
} from './stored.ts'
export type { BinaryMessage, NewAttributes } from './stored.ts'
export { isTimestamp } from './timestamp.ts'
export { isUri, isUriReference } from './uri.ts'
