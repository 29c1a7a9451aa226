/** What a transform made of one event. */
export interface TransformResult {
  /** May share the memory of the event; nobody writes into it. */
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** One compiled transform. Pure: the same event gives the same result. */
export interface Transform {
  /**
   * @param event one CloudEvent as structured JSON text in UTF-8, as it is stored
   * @returns undefined when the form is JSONPATH and the event has no such value: the parameter is not set
   * @throws AppError `transform.result-too-large` above {@link transformResultBytesMax}
   */
  apply(event: Uint8Array): TransformResult | undefined
}

/** Characters of a constant, path, template, or the JSON text of a template's variables (section 6). */
export const transformTextMax = 10_240

/** Bytes that a template may make of one event: without it, a variable named often multiplies a large event. */
export const transformResultBytesMax = 4 * 1024 * 1024
