'use strict'
/** What goes into an `error` frame. `kind`: see the protocol page. */
class Failure extends Error {
  constructor(kind, errorType, errorMessage, stackTrace = []) {
    super(errorMessage)
    this.kind = kind
    this.errorType = errorType
    this.stackTrace = stackTrace
  }

  /** Anything that was thrown, as a failure: what is none yet is a mistake of the adapter itself. */
  static of(thrown) {
    if (thrown instanceof Failure) return thrown
    return new Failure('unhandled', 'AdapterError', String(thrown?.message ?? thrown))
  }

  /**
   * A failure that code told in the body of an HTTP message: the JSON of a function error (function-compute section
   * 3.4) where it is one, else its text.
   */
  static fromBody(kind, defaultType, body) {
    const text = body.toString()
    const told = text.startsWith('{') ? parsed(text) : undefined
    if (typeof told?.errorMessage !== 'string') return new Failure(kind, defaultType, text)
    const errorType = typeof told.errorType === 'string' ? told.errorType : defaultType
    return new Failure(
      kind,
      errorType,
      told.errorMessage,
      Array.isArray(told.stackTrace) ? told.stackTrace : [],
    )
  }

  get header() {
    return {
      kind: this.kind,
      errorType: this.errorType.slice(0, 256),
      errorMessage: this.message.slice(0, 16384),
      stackTrace: this.stackTrace.slice(0, 64),
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

module.exports = { Failure }
