import { DATACONTENTTYPE, DATASCHEMA, ID, SOURCE, SUBJECT, TIME, TRACEPARENT, TYPE } from './names.ts'
import { decodeString } from './text.ts'

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

/** The {@link EventText} that scanning yields. Only `check-event.ts` makes one. */
export class ScannedEvent implements EventText {
  readonly bytes: Buffer
  readonly data: ByteRange | undefined
  readonly isBase64: boolean
  readonly extensionCount: number
  readonly appendable: boolean
  /** Start, end and flags of the string of each known attribute, three numbers for each; start 0 when absent. */
  readonly #slots: Slots
  #id: string | undefined
  #source: string | undefined
  #type: string | undefined

  constructor(bytes: Buffer, slots: Slots, rest: ScannedRest) {
    this.bytes = bytes
    this.#slots = slots
    this.data = rest.data
    this.isBase64 = rest.isBase64
    this.extensionCount = rest.extensionCount
    this.appendable = rest.appendable
  }

  get id(): string {
    return (this.#id ??= this.#read(ID) ?? '')
  }

  get source(): string {
    return (this.#source ??= this.#read(SOURCE) ?? '')
  }

  get type(): string {
    return (this.#type ??= this.#read(TYPE) ?? '')
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
    const start = this.#slots[name * 3]!
    if (start === 0) return undefined
    return decodeString(this.bytes, start, this.#slots[name * 3 + 1]!, this.#slots[name * 3 + 2]!)
  }
}

/** Three numbers for each name of `names.ts`: start and end of the string without quotes, and its flags. */
export type Slots = readonly number[]

/** What a {@link ScannedEvent} knows besides the attributes. */
export interface ScannedRest {
  readonly data: ByteRange | undefined
  readonly isBase64: boolean
  readonly extensionCount: number
  readonly appendable: boolean
}
