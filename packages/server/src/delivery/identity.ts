import { assert } from '@millrace/spi'
import { busKey, queueName } from '../resources/index.ts'

/** Whose queue it is. */
export interface QueueIdentity {
  readonly account: string
  /** Key of the bus. */
  readonly bus: string
  readonly rule: string
  readonly target: string
  /** The replay that the queue belongs to; `undefined` for the target's own queue. */
  readonly replay: string | undefined
  /** What events carry as `millracereplay`; `undefined` where they do not have it. */
  readonly mark: string | undefined
  /** Name of the queue in storage. */
  readonly queue: string
}

export function identify(
  account: string,
  bus: string,
  rule: string,
  target: string,
  replay?: string,
  mark = replay,
): QueueIdentity {
  return { account, bus, rule, target, replay, mark, queue: queueName(bus, rule, target, replay) }
}

/** The identity that a target's own queue is named after. Names have no `/`, so the name tells it apart. */
export function identityOf(queue: string): QueueIdentity {
  const [account, bus, rule, target, ...rest] = queue.split('/')
  assert(
    account !== undefined &&
      bus !== undefined &&
      rule !== undefined &&
      target !== undefined &&
      rest.length === 0,
    `the queue ${queue} is named after account, bus, rule and target`,
  )
  return identify(account, busKey(account, bus), rule, target)
}
