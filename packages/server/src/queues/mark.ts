import { assert } from '@millrace/spi'
import { priorityMax } from './limits.ts'

/**
 * What a queue knows of one message besides its times: kept in the one number that storage has for attempts, so that
 * neither a second record nor a look at the message is needed when it changes hands.
 */
export interface Mark {
  /** 1 to 16. */
  readonly priority: number
  /** Grows with each receipt handle and begins anew after 4,095. */
  readonly handles: number
  /** How often it was received; stops at 65,535. */
  readonly receives: number
}

const receivesMax = 0xffff
const handlesMax = 0xfff

export function encodeMark({ priority, handles, receives }: Mark): number {
  assert(priority >= 1 && priority <= priorityMax, 'a priority is between 1 and 16')
  return (((priority - 1) << 28) | ((handles & handlesMax) << 16) | Math.min(receives, receivesMax)) >>> 0
}

export function decodeMark(attempts: number): Mark {
  return {
    priority: (attempts >>> 28) + 1,
    handles: (attempts >>> 16) & handlesMax,
    receives: attempts & receivesMax,
  }
}

/** The mark under the next receipt handle. */
export function nextHandle(mark: Mark): Mark {
  return { ...mark, handles: (mark.handles + 1) & handlesMax }
}

/** The mark after one more receive. */
export function afterReceive(mark: Mark): Mark {
  return { ...nextHandle(mark), receives: Math.min(mark.receives + 1, receivesMax) }
}
