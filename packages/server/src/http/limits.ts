/** What one request and one connection may cost. Every value can be set by the operator. */
export interface HttpLimits {
  /** Body of any operation that states no limit of its own, in bytes. */
  readonly bodyBytesMax: number
  /** Body of a publishing request, in bytes; a batch must fit into it. */
  readonly publishBytesMax: number
  /** Bodies of all publishing requests in progress together, in bytes; what does not fit is refused with 503. */
  readonly bodiesBytesMax: number
  /** Body of a code upload, in bytes: a zip, or JSON with base64 inside. */
  readonly codeBytesMax: number
  /** Payload of an invocation, in bytes. */
  readonly payloadBytesMax: number
  /** Request line and headers together, in bytes. */
  readonly headerBytesMax: number
  /** A head that is not complete within this time ends with 408. */
  readonly headersTimeoutMs: number
  /** A request, body included, that is not complete within this time ends with 408. */
  readonly requestTimeoutMs: number
  /** An idle connection is closed after this time. */
  readonly keepAliveMs: number
  /** How often the two time-outs above are looked at. */
  readonly timeoutCheckMs: number
  /** Connections at once; further ones are closed at once. */
  readonly connectionsMax: number
  /** After an early refusal, how long the rest of the body is read and thrown away, so that the client reads the answer. */
  readonly lingerMs: number
  /** When closing, how long requests in flight may take until their connections are cut. */
  readonly drainMs: number
  /** How long a stream may take to answer a request to its address. */
  readonly hookTimeoutMs: number
  /** Live tails at once, over all buses. */
  readonly tailsMax: number
  /** Bytes that wait for one slow reader of a tail; above it nothing more is read for that reader. */
  readonly tailBufferBytesMax: number
  /** A reader of a tail that takes nothing for so long, while more than that waits, is disconnected. */
  readonly tailStallMs: number
  /** A tail that has nothing to say sends a comment this often, in milliseconds. */
  readonly tailHeartbeatMs: number
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytesMax: 1_048_576,
  publishBytesMax: 16_777_216,
  bodiesBytesMax: 268_435_456,
  codeBytesMax: 104_857_600,
  payloadBytesMax: 33_554_432,
  headerBytesMax: 32_768,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveMs: 60_000,
  timeoutCheckMs: 1_000,
  connectionsMax: 10_000,
  lingerMs: 5_000,
  drainMs: 10_000,
  hookTimeoutMs: 60_000,
  tailsMax: 256,
  tailBufferBytesMax: 1_048_576,
  tailStallMs: 30_000,
  tailHeartbeatMs: 15_000,
}
