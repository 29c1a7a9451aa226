import { DATACONTENTTYPE, DATASCHEMA, ID, SOURCE, SUBJECT, TIME, TRACEPARENT, TYPE } from './names.ts'
import { readString } from './text.ts'

/** A half-open range of byte offsets. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * One valid event as the UTF-8 text of its structured JSON form, with what an engine needs of it. A string is decoded
 * each time it is asked for: keep what is needed twice. An attribute that is absent or null is undefined.
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
  /**
   * Two numbers for each attribute, by the numbers of `names.ts`: where its string starts, behind its quote, and
   * where it ends, in a text where the event starts at `#base`. The start is 0 when the attribute is absent, the end
   * is 0 when the string is not plain ASCII and must be looked at again.
   */
  readonly #places: readonly number[]
  readonly #base: number

  constructor(bytes: Buffer, base: number, places: readonly number[], rest: ScannedRest) {
    this.bytes = bytes
    this.#base = base
    this.#places = places
    this.data = rest.data
    this.isBase64 = rest.isBase64
    this.extensionCount = rest.extensionCount
    this.appendable = rest.appendable
  }

  get id(): string {
    return this.#read(ID) ?? ''
  }

  get source(): string {
    return this.#read(SOURCE) ?? ''
  }

  get type(): string {
    return this.#read(TYPE) ?? ''
  }

  get subject(): string | undefined {
    return this.#read(SUBJECT)
  }

  get time(): string | undefined {
    return this.#read(TIME)
  }

  get datacontenttype(): string | undefined {
    return this.#read(DATACONTENTTYPE)
  }

  get dataschema(): string | undefined {
    return this.#read(DATASCHEMA)
  }

  get traceparent(): string | undefined {
    return this.#read(TRACEPARENT)
  }

  #read(name: number): string | undefined {
    const start = this.#places[name * 2]!
    if (start === 0) return undefined
    const end = this.#places[name * 2 + 1]!
    if (end === 0) return readString(this.bytes, start - this.#base)
    return this.bytes.toString('latin1', start - this.#base, end - this.#base)
  }
}

/** What a {@link ScannedEvent} knows besides the attributes. */
export interface ScannedRest {
  readonly data: ByteRange | undefined
  readonly isBase64: boolean
  readonly extensionCount: number
  readonly appendable: boolean
}
