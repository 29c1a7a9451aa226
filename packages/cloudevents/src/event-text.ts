import { DATACONTENTTYPE, DATASCHEMA, ID, SOURCE, SUBJECT, TIME, TRACEPARENT, TYPE } from './names.ts'
import { readString } from './text.ts'

/** A half-open range of byte offsets. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * One valid event as the UTF-8 text of its structured JSON form, with what an engine needs of it. The strings are
 * decoded when they are first asked for. An attribute that is absent or null is undefined.
 */
export interface EventText {
  /**
   * The text from `{` to `}`. Shares the memory of the input: whoever keeps it longer than the request, keeps the
   * whole body, and should copy it.
   */
  readonly bytes: Uint8Array
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string | undefined
  readonly time: string | undefined
  readonly datacontenttype: string | undefined
  readonly dataschema: string | undefined
  /** The extension of the distributed tracing extension; undefined also when it is not a string. */
  readonly traceparent: string | undefined
  /** Where the value of `data`, or the string of `data_base64`, stands in `bytes`; undefined without data. */
  readonly data: ByteRange | undefined
  /** True when the data stands in `data_base64`. */
  readonly isBase64: boolean
  /** How many extension attributes there are, those with null not counted. */
  readonly extensionCount: number
  /**
   * True when any attribute that reads as undefined here, and any name that starts with the `watchPrefix` of the
   * options, may be appended with `withAttributes`. False when the text has members with null, or names with that
   * prefix: then `replaceAttributes` is needed.
   */
  readonly appendable: boolean
}

/** The {@link EventText} that scanning yields. Only `event-reader.ts` makes one. */
export class ScannedEvent implements EventText {
  readonly bytes: Buffer
  readonly data: ByteRange | undefined
  readonly isBase64: boolean
  readonly extensionCount: number
  readonly appendable: boolean
  // Where the string of each attribute starts in `bytes`, behind its quote; 0 when it is absent. Only this is kept,
  // and the end is looked for when the string is asked for: most strings of most events are never asked for.
  readonly #id: number
  readonly #source: number
  readonly #type: number
  readonly #subject: number
  readonly #time: number
  readonly #datacontenttype: number
  readonly #dataschema: number
  readonly #traceparent: number

  /** `starts` holds, by the numbers of `names.ts`, offsets in a text where the event starts at `base`, or 0. */
  constructor(bytes: Buffer, base: number, starts: Int32Array, rest: ScannedRest) {
    this.bytes = bytes
    this.data = rest.data
    this.isBase64 = rest.isBase64
    this.extensionCount = rest.extensionCount
    this.appendable = rest.appendable
    this.#id = Math.max(0, starts[ID]! - base)
    this.#source = Math.max(0, starts[SOURCE]! - base)
    this.#type = Math.max(0, starts[TYPE]! - base)
    this.#subject = Math.max(0, starts[SUBJECT]! - base)
    this.#time = Math.max(0, starts[TIME]! - base)
    this.#datacontenttype = Math.max(0, starts[DATACONTENTTYPE]! - base)
    this.#dataschema = Math.max(0, starts[DATASCHEMA]! - base)
    this.#traceparent = Math.max(0, starts[TRACEPARENT]! - base)
  }

  get id(): string {
    return readString(this.bytes, this.#id)
  }

  get source(): string {
    return readString(this.bytes, this.#source)
  }

  get type(): string {
    return readString(this.bytes, this.#type)
  }

  get subject(): string | undefined {
    return this.#subject === 0 ? undefined : readString(this.bytes, this.#subject)
  }

  get time(): string | undefined {
    return this.#time === 0 ? undefined : readString(this.bytes, this.#time)
  }

  get datacontenttype(): string | undefined {
    return this.#datacontenttype === 0 ? undefined : readString(this.bytes, this.#datacontenttype)
  }

  get dataschema(): string | undefined {
    return this.#dataschema === 0 ? undefined : readString(this.bytes, this.#dataschema)
  }

  get traceparent(): string | undefined {
    return this.#traceparent === 0 ? undefined : readString(this.bytes, this.#traceparent)
  }
}

/** What a {@link ScannedEvent} knows besides the attributes. */
export interface ScannedRest {
  readonly data: ByteRange | undefined
  readonly isBase64: boolean
  readonly extensionCount: number
  readonly appendable: boolean
}
