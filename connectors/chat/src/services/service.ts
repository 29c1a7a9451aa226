/** What a robot's address is made of. */
export interface Robot {
  /** Its webhook, which holds the key that lets in. */
  readonly url: URL
  /** What requests are signed with; `undefined` where the robot does not ask for it. */
  readonly secret: string | undefined
}

/** One message on its way. */
export interface ChatRequest {
  readonly url: URL
  /** JSON text. */
  readonly body: string
}

/** What the service has answered; the body is cut to a few kilobytes. */
export interface ChatAnswer {
  readonly status: number
  readonly body: string
  /** Value of the `Retry-After` header. */
  readonly retryAfter: string | undefined
}

/** What an answer means. Words are ours: the service's own may repeat the message. */
export type ChatVerdict =
  | { readonly kind: 'ok' }
  | {
      /** `throttled`: fewer messages. `unauthorized`: robot, key, signature or its settings. `rejected`: this message. */
      readonly kind: 'throttled' | 'unauthorized' | 'rejected' | 'failed' | 'unavailable'
      readonly what: string
      /** How long the service wants to be left alone, in milliseconds. */
      readonly delayMs?: number
    }

/** One chat service: pure functions, without input and output. */
export interface ChatService {
  readonly title: string
  /** Whether its robots can ask for signatures. */
  readonly signs: boolean
  /** Messages a minute that one robot may send, as the service documents it. */
  readonly ratePerMinute: number
  /** Bytes of one request that it takes at most. */
  readonly bytesMax: number
  /** Whether a JSON object is a message of this service already. */
  isMessage(value: Readonly<Record<string, unknown>>): boolean
  /** The message that shows a text. */
  textMessage(text: string): Readonly<Record<string, unknown>>
  request(robot: Robot, message: Readonly<Record<string, unknown>>, nowMs: number): ChatRequest
  judge(answer: ChatAnswer): ChatVerdict
}
