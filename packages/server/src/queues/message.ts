/** A named value beside the body. */
export interface MessageProperty {
  readonly name: string
  readonly value: string
  readonly type: 'STRING' | 'NUMBER' | 'BOOLEAN' | 'BINARY'
}

/** What producers say of a message besides its body; kept and given back, without any effect here. */
export interface MessageProperties {
  readonly user?: readonly MessageProperty[]
  readonly system?: readonly MessageProperty[]
  /** Kept with the message. Messages of one group are not kept in order. */
  readonly group?: string
}

export interface NewMessage {
  readonly body: Uint8Array
  /** 1, the first to be handed out, to 16; 8 when absent. */
  readonly priority?: number
  /** That of the queue when absent. */
  readonly delayMs?: number
  readonly properties?: MessageProperties
  /** Of a message that moves here from another queue: its age goes on. */
  readonly enqueuedAtMs?: number
}

/** A message as it lies in a queue. */
export interface Message {
  /** Unique in the queue, also over deletions and new beginnings of it. */
  readonly id: string
  readonly body: Uint8Array
  readonly priority: number
  readonly enqueuedAtMs: number
  /** The moment of the first receive; that of sending before it. */
  readonly firstReceivedAtMs: number
  /** How often it was received, this time included. */
  readonly receives: number
  readonly properties: MessageProperties
}

export interface ReceivedMessage extends Message {
  /** Deletes it, or changes how long it stays hidden. */
  readonly handle: string
  /** When others can receive it again. */
  readonly visibleAtMs: number
}

export interface SentMessage {
  readonly id: string
  /** Of a message that was put off: deletes it, or changes its time, before it is due. */
  readonly handle: string | undefined
}

/** How many messages of a queue can be received now, are hidden after a receive, and are put off. */
export interface QueueStats {
  readonly active: number
  readonly inactive: number
  readonly delayed: number
  /** Bytes of storage that its messages take up. */
  readonly bytes: number
}
