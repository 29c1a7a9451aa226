import type { SourceSpec } from '../../../resources/index.ts'
import { isObject } from '../action.ts'
import { type Destination, given, type SinkMapping, type SourceMapping } from './destination.ts'
import type { Members } from './members.ts'

/** The parameters of buckets name no instance and no access key; the document of this name has both. */
export const ossInstance = 'oss'

/** Longest window and most bytes of one batch of a stream. */
const windowMsMax = 300_000
const bytesMax = 33_554_432
const countMax = 10_000

/** `SourceOSSParameters`: the objects of a bucket, those that are there first. */
export const ossSource: SourceMapping = members => ({
  connector: 'oss',
  instance: ossInstance,
  options: given({
    mode: 'list',
    start: 'earliest',
    bucket: members.required('BucketName'),
    prefix: members.constant('Prefix'),
    content: members.word('LoadMode', ['single', 'element']) ?? 'single',
    delimiter: delimiterOf(members),
  }),
})

/** Consoles send a line break as it is, or as the two characters that stand for it. */
function delimiterOf(members: Members): string {
  return members.constant('Delimiter').replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\t', '\t')
}

/** `SinkOSSParameters`. */
export const ossSink: SinkMapping = members => {
  const compression = members.word('CompressionType', ['NONE', 'GZIP'])
  const tasks = whole(members, 'TaskConcurrency')
  return {
    sink: {
      connector: 'oss',
      instance: ossInstance,
      options: given({
        endpoint: endpointOf(members),
        region: members.constant('RegionId'),
        bucket: members.required('BucketName'),
        pathFormat: members.constant('PathFormat'),
        timeZone: members.constant('TimeZone'),
        compression: compression?.toLowerCase(),
      }),
    },
    transform: members.body('ContentTransform'),
    ...(tasks === undefined ? {} : { concurrencyMax: tasks }),
    ...batchOf(members),
  }
}

/** When an object is full. The engine has limits of its own, below those of the service. */
function batchOf(members: Members): Pick<Destination, 'batch'> {
  const windowMs = whole(members, 'RotateIntervalMs')
  const bytes = whole(members, 'RotateSizeBytes')
  if (windowMs === undefined && bytes === undefined) return {}
  return {
    batch: {
      countMax,
      ...(windowMs === undefined ? {} : { windowMs: Math.min(windowMs, windowMsMax) }),
      bytesMax: Math.min(bytes ?? bytesMax, bytesMax),
    },
  }
}

function endpointOf(members: Members): string {
  const endpoint = members.constant('Endpoint')
  if (endpoint === '' || /^https?:\/\//i.test(endpoint)) return endpoint
  return `${members.flag('SSLEnabled') === false ? 'http' : 'https'}://${endpoint}`
}

function whole(members: Members, key: string): number | undefined {
  const text = members.constant(key)
  if (text === '') return undefined
  if (/^[1-9]\d{0,12}$/.test(text)) return Number(text)
  throw members.ineffective(`${key} is a whole number, 1 or more`)
}

/**
 * `SourceOSSEventParameters` (section 9.5): notifications, posted to the address of webhooks with the token of the source. What
 * nests lists of rules, clients do in several ways: all of them are one list here.
 */
export function ossEventSource(
  { EventTypes, MatchRules }: Readonly<Record<string, unknown>>,
  token: string,
): SourceSpec {
  const types = flat(EventTypes).filter(type => typeof type === 'string' && type !== '')
  const keyRules = flat(MatchRules)
    .filter(isObject)
    .map(({ Prefix, Suffix, MatchState }) => ({
      prefix: typeof Prefix === 'string' ? Prefix : '',
      suffix: typeof Suffix === 'string' ? Suffix : '',
      exclude: String(MatchState) === 'false',
    }))
  return {
    connector: 'oss',
    options: { mode: 'webhook', token, ...(types.length === 0 ? {} : { types }), keyRules },
  }
}

function flat(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flat(2) : []
}
