import type { End, LaunchRequest } from './launch.ts'

/** What the server says to the program that starts processes for it. */
export interface Order extends LaunchRequest {
  /** Its own among all orders to this program. */
  readonly id: number
}

/** What the program answers: `started` or `failed` to each order, and `ended` after each `started`. */
export type News =
  | { readonly kind: 'started'; readonly id: number; readonly processId: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly code?: string }
  | ({ readonly kind: 'ended'; readonly id: number } & End)

/** Each connection begins with what it is: the number of the order, and that of the descriptor. */
export const greetingBytes = 8

export function greeting(id: number, descriptor: number): Buffer {
  const bytes = Buffer.alloc(greetingBytes)
  bytes.writeUInt32BE(id, 0)
  bytes.writeUInt32BE(descriptor, 4)
  return bytes
}

export function parseGreeting(bytes: Buffer): { readonly id: number; readonly descriptor: number } {
  return { id: bytes.readUInt32BE(0), descriptor: bytes.readUInt32BE(4) }
}
