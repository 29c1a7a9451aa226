import type { Clock } from '@millrace/spi'

/** Whether the work came to its end, well or not, before the time was over. It goes on when it did not. */
export async function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const deadline = Promise.withResolvers<boolean>()
  using _timer = clock.timer(limitMs, () => deadline.resolve(false))
  const done = (): boolean => true
  return await Promise.race([work.then(done, done), deadline.promise])
}
