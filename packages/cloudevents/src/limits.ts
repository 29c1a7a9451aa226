/**
 * The limits of one event and of one batch. All lengths of attributes are counted in bytes of UTF-8 after JSON
 * escapes or percent-encoding are undone; all are inclusive.
 */
export interface EventLimits {
  /** Bytes of the structured JSON text of one event, from `{` to `}`. Default 262,144 (256 KiB). */
  readonly eventBytesMax: number
  /** Bytes of the whole text of a batch. Default 16,777,216 (16 MiB). */
  readonly batchBytesMax: number
  /** Events in a batch. Default 1,000. */
  readonly eventsMax: number
  /** Levels of arrays and objects in `data`; a string or number has none. Default 128. */
  readonly depthMax: number
  /** Extension attributes of one event, those with null included. Default 64. */
  readonly extensionsMax: number
  /** Length of an extension's name. Default 64; the specification recommends that producers stay within 20. */
  readonly nameLengthMax: number
  /** Length of `id`. Default 1,024. */
  readonly idLengthMax: number
  /** Length of `source`. Default 2,048. */
  readonly sourceLengthMax: number
  /** Length of `type`. Default 1,024. */
  readonly typeLengthMax: number
  /** Length of `subject`. Default 4,096. */
  readonly subjectLengthMax: number
  /** Length of any other attribute's value. Default 8,192. */
  readonly attributeLengthMax: number
}

/** The defaults of {@link EventLimits}, in the same order. */
export const defaultLimits: EventLimits = Object.freeze({
  eventBytesMax: 262_144,
  batchBytesMax: 16_777_216,
  eventsMax: 1_000,
  depthMax: 128,
  extensionsMax: 64,
  nameLengthMax: 64,
  idLengthMax: 1_024,
  sourceLengthMax: 2_048,
  typeLengthMax: 1_024,
  subjectLengthMax: 4_096,
  attributeLengthMax: 8_192,
})

/** What a caller may set. Everything has a default. */
export interface EventOptions extends Partial<EventLimits> {
  /**
   * Accepts what well-known producers send although the specification forbids it: a zone id behind a time
   * (`2020-08-24T13:54:05.965Asia/Shanghai`), characters outside ASCII in URIs, and a `ce-datacontenttype` header.
   * Default false.
   */
  readonly tolerant?: boolean
  /**
   * Attribute names that start with this are noted while scanning (`EventText.appendable` becomes false), so that
   * a platform which stamps names of its own finds those that a producer has sent. Default '' (none).
   */
  readonly watchPrefix?: string
}

/**
 * Options made complete. Callers on a hot path build one and pass it to every call, which saves the merging;
 * a plain {@link EventOptions} is accepted everywhere as well.
 */
export class ResolvedOptions {
  readonly limits: EventLimits
  readonly tolerant: boolean
  readonly watchPrefix: string

  /** Throws a `RangeError` for a limit that is not a whole number of at least 0: that is a bug of the caller. */
  constructor(options: EventOptions = {}) {
    const { tolerant = false, watchPrefix = '', ...limits } = options
    const merged = { ...defaultLimits, ...limits }
    for (const [name, value] of Object.entries(merged)) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new RangeError(
          `The limit ${name} must be a whole number of at least 0, but is ${String(value)}.`,
        )
      }
    }
    this.limits = Object.freeze(merged)
    this.tolerant = tolerant
    this.watchPrefix = watchPrefix
  }
}

const defaults = Object.freeze(new ResolvedOptions())

/** Completes what a caller passed. */
export function resolveOptions(options: EventOptions | ResolvedOptions | undefined): ResolvedOptions {
  if (options === undefined) return defaults
  return options instanceof ResolvedOptions ? options : new ResolvedOptions(options)
}
