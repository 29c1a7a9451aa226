import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer, until } from '../../testing.ts'
import { realStore } from '../real.ts'
import { run } from '../run.ts'

await describeService('postgres', 'notifications of a shop whose server is killed', () => {
  test('are all accounted for when it is back, those that were on their way too', async () => {
    await using server = await startExampleServer()
    const store = await realStore({ isNew: true })
    const signal = AbortSignal.timeout(110_000)
    const accepted = Promise.withResolvers<void>()
    const say = (): void => accepted.resolve()
    const running = run({ server, folder: '', signal, say }, store, 3_000)
    await Promise.race([accepted.promise, running])

    await until(async () => (await store.count()) > 200, signal)
    await server.crash()
    const stored = await store.count()

    expect((await running).headline).toMatch(/^3000 notifications .* 0 unaccounted$/)
    // Otherwise the kill came too late to prove anything.
    expect(stored).toBeLessThan(3_000)
  }, 120_000)
})
