import type { Delivery } from '@millrace/spi'

/*
 * A delivery as stored; queue and position are its key. Fresh: uint32 attempts, double enqueued. Waiting: the same, then
 * double due, then the lane as UTF-8 behind a byte of 1, or nothing when it is in none.
 */
const enqueuedAt = 4
const dueAt = 12
const laneAt = 20

/** In no lane and never put off: `Queue.read` calls it fresh. */
export function isFresh(delivery: Delivery): boolean {
  return delivery.lane === undefined && delivery.dueAtMs === 0
}

export function encodeFresh(delivery: Delivery): Buffer {
  const bytes = Buffer.allocUnsafe(dueAt)
  bytes.writeUInt32LE(delivery.attempts, 0)
  bytes.writeDoubleLE(delivery.enqueuedAtMs, enqueuedAt)
  return bytes
}

export function decodeFresh(position: number, bytes: Buffer): Delivery {
  return {
    position,
    attempts: bytes.readUInt32LE(0),
    dueAtMs: 0,
    enqueuedAtMs: bytes.readDoubleLE(enqueuedAt),
    lane: undefined,
  }
}

export function encodeWaiting(delivery: Delivery): Buffer {
  const lane = delivery.lane === undefined ? undefined : Buffer.from(delivery.lane)
  const bytes = Buffer.allocUnsafe(lane === undefined ? laneAt : laneAt + 1 + lane.length)
  bytes.writeUInt32LE(delivery.attempts, 0)
  bytes.writeDoubleLE(delivery.enqueuedAtMs, enqueuedAt)
  bytes.writeDoubleLE(delivery.dueAtMs, dueAt)
  if (lane !== undefined) {
    bytes[laneAt] = 1
    bytes.set(lane, laneAt + 1)
  }
  return bytes
}

export function decodeWaiting(position: number, bytes: Buffer): Delivery {
  return {
    position,
    attempts: bytes.readUInt32LE(0),
    dueAtMs: bytes.readDoubleLE(dueAt),
    enqueuedAtMs: bytes.readDoubleLE(enqueuedAt),
    lane: bytes.length > laneAt ? bytes.toString('utf8', laneAt + 1) : undefined,
  }
}
