import { describeServices } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'
import { prepare, RealSystems } from '../real.ts'
import { run } from '../run.ts'

await describeServices(['kafka', 'versitygw'], 'sales of tills', () => {
  test('each is in the second topic once, and once in an object of its hour; a line that is no JSON is in the queue', async () => {
    await prepare({ isNew: true })
    await using server = await startExampleServer()
    const signal = AbortSignal.timeout(80_000)
    const systems = new RealSystems(server.client)
    const {
      headline,
      lines = [],
      files = [],
    } = await run({ server, folder: '', signal, say: () => {} }, systems, 1_500)

    expect(headline).toMatch(
      /^1680 lines of tills: 1500 sales, each once in the topic and once in \d+ objects of 4 folders; 150 passed over, 30 unreadable$/,
    )
    expect(lines.map(line => line.split(/ +/).slice(0, 2))).toEqual([
      ['hour', 'sales'],
      ['2026/11/24/22', '495'],
      ['2026/11/24/23', '495'],
      ['2026/11/25/00', '495'],
      ['undated', '15'],
    ])
    for (const key of files)
      expect(key).toMatch(/^sales\/(\d{4}\/\d\d\/\d\d\/\d\d|undated)\/\w.*\.jsonl\.gz$/)
    const [letter] = await server.client.queues.receive('unreadable')
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({ deadlettercode: 'record.malformed' })
  }, 90_000)
})
