import type { ByteRange, EventText } from '@millrace/cloudevents'

/**
 * An event to whose text attributes were appended: everything before them stands where it stood, so that nothing needs
 * to be read again.
 */
export class StampedEvent implements EventText {
  readonly bytes: Uint8Array
  readonly extensionCount: number
  readonly #given: EventText
  readonly #traceparent: string | undefined

  /** `traceparent` when it is one of the attributes that were appended. */
  constructor(
    given: EventText,
    bytes: Uint8Array,
    added: { readonly extensionCount: number; readonly traceparent: string | undefined },
  ) {
    this.#given = given
    this.bytes = bytes
    this.extensionCount = added.extensionCount
    this.#traceparent = added.traceparent
  }

  get id(): string {
    return this.#given.id
  }

  get source(): string {
    return this.#given.source
  }

  get type(): string {
    return this.#given.type
  }

  get subject(): string | undefined {
    return this.#given.subject
  }

  get time(): string | undefined {
    return this.#given.time
  }

  get datacontenttype(): string | undefined {
    return this.#given.datacontenttype
  }

  get dataschema(): string | undefined {
    return this.#given.dataschema
  }

  get traceparent(): string | undefined {
    return this.#traceparent ?? this.#given.traceparent
  }

  get data(): ByteRange | undefined {
    return this.#given.data
  }

  get isBase64(): boolean {
    return this.#given.isBase64
  }

  get appendable(): boolean {
    return this.#given.appendable
  }
}
