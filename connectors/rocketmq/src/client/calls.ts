import type { Fault } from '../child/index.ts'

/** How to get at the proxy. */
export interface Access {
  /** `host:port`. */
  readonly endpoint: string
  readonly namespace: string
  readonly credentials:
    | { readonly accessKey: string; readonly accessSecret: string; readonly securityToken?: string }
    | undefined
  readonly tls: Tls | undefined
  readonly requestTimeoutMs: number
  readonly allowPrivateTargets: boolean
}

export interface Tls {
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
  readonly serverName?: string
  readonly insecureSkipVerify: boolean
}

/** Payload of `start`. */
export interface StartCall {
  readonly access: Access
  /** Without it the child only sends. */
  readonly subscription: Subscription | undefined
}

export interface Subscription {
  readonly topic: string
  readonly group: string
  readonly filterType: 'tag' | 'sql'
  readonly filter: string
  /** How long the proxy may hold a call that finds nothing. */
  readonly pollMs: number
}

/** Payload of `receive`. Brokers of the topic are numbered from 0; each is asked by a call of its own. */
export interface ReceiveCall {
  readonly broker: number
  readonly recordsMax: number
  readonly invisibleMs: number
  /** A body may have so many bytes when it is unpacked. */
  readonly bodyBytesMax: number
}

export interface ReceiveAnswer {
  readonly messages: readonly ReceivedMessage[]
  /** How many brokers have the topic. */
  readonly brokers: number
}

/** What acknowledges a message, or makes it visible at another time. Any child may do it. */
export interface Receipt {
  readonly messageId: string
  readonly topic: string
  readonly handle: string
  readonly endpoints: WireEndpoints
}

/** Where the broker of a message is, in the words of the protocol. */
export interface WireEndpoints {
  readonly scheme: number
  readonly addressesList: readonly { readonly host: string; readonly port: number }[]
}

export interface ReceivedMessage {
  readonly receipt: Receipt
  readonly body: Uint8Array
  /** Why the body is not what was sent: it is left out then. */
  readonly bodyFault?: 'too-large' | 'checksum' | 'packing'
  readonly tag: string | undefined
  readonly keys: readonly string[]
  readonly messageGroup: string | undefined
  readonly bornHost: string
  readonly bornAtMs: number | undefined
  readonly storedAtMs: number | undefined
  /** When the proxy sent it. */
  readonly deliveredAtMs: number | undefined
  /** When it was to be delivered, for delayed ones. */
  readonly dueAtMs: number | undefined
  /** 1 for the first. */
  readonly attempt: number
  readonly queueId: number
  readonly queueOffset: number | undefined
  readonly traceContext: string | undefined
  readonly properties: Readonly<Record<string, string>>
}

/** Payload of `acknowledge`; the answer has one entry for each, a fault or undefined. */
export interface AcknowledgeCall {
  readonly receipts: readonly Receipt[]
}

/** Payload of `hide`; the answer has one entry for each. */
export interface HideCall {
  readonly receipts: readonly Receipt[]
  /** From now. */
  readonly invisibleMs: number
}

/** One message to send. */
export interface OutgoingMessage {
  readonly topic: string
  readonly body: Uint8Array
  readonly tag?: string
  readonly keys: readonly string[]
  readonly messageGroup?: string
  readonly deliverAtMs?: number
  readonly properties: Readonly<Record<string, string>>
}

/** Payload of `send`; messages of one group go one after the other. The answer has one entry for each. */
export interface SendCall {
  readonly messages: readonly OutgoingMessage[]
}

export type SendResult = { readonly messageId: string } | { readonly fault: Fault }

/** One entry of the answer to `hide`: the handle that counts from now on. */
export type HideResult = { readonly handle: string } | { readonly fault: Fault }

/** One entry of the answer to `acknowledge`. */
export type AcknowledgeResult = Fault | undefined

/** Codes of faults that this program finds by itself, beside those of the protocol (20000…) and of gRPC (0…16). */
export type OwnCode = 'message-too-large' | 'message-type' | 'group-broken' | 'no-queue' | 'topics-max'
