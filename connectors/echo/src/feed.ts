import { aborted } from './aborted.ts'
import type { EchoSourceOptions } from './options.ts'

/** Where the records of an echo source come from: it stands for the external system. */
export interface EchoFeed {
  /** Records that there are; `Infinity` for no end. */
  readonly length: number
  /** Text of a record, from 0; asked for those below `length` only. */
  at(index: number): string
  /** Resolves when there are more records than `length`; rejects with the signal's reason. */
  more(length: number, signal: AbortSignal): Promise<void>
}

/** The feed that the options describe. It never grows. */
export function cyclicFeed({ texts, count }: EchoSourceOptions): EchoFeed {
  return {
    length: count === 0 ? Number.POSITIVE_INFINITY : count,
    at: index => texts[index % texts.length] ?? '',
    more: (_, signal) => aborted(signal),
  }
}
