import { describeServices } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'
import { ordinaryUploads, type Upload } from '../files.ts'
import { realStorage } from '../real.ts'
import { run } from '../run.ts'

/** Nobody serves providers at that address, so nothing is wrong with the file as far as anybody can tell. */
const needy = `
terraform {
  required_providers {
    none = { source = "localhost:1/example/none" }
  }
}
`

/** As slow as a real one, so that the second file comes while the first is run. */
const slow = (count: number): string => `
resource "terraform_data" "slow" {
  count = ${count}
  provisioner "local-exec" {
    command = "sleep 1"
  }
}
`

await describeServices(['versitygw', 'terraform'], 'Terraform files in a bucket', () => {
  test('are applied with their state in another bucket, or refused, one run at a time, and the desk is told of each', async () => {
    await using server = await startExampleServer()
    const signal = AbortSignal.timeout(80_000)
    await using storage = await realStorage(server.client, signal)
    const uploads: Upload[] = [
      ...ordinaryUploads,
      { key: 'needy.tf', content: needy, comes: { verdict: 'gave up', attempts: 3 } },
      { key: 'slow.tf', content: slow(1), next: slow(3), comes: { add: 3, change: 0, remove: 0 } },
    ]

    const { headline, lines } = await run({ server, folder: '', signal, say: () => {} }, storage, uploads)

    expect(headline).toMatch(
      /^9 uploads: .* 1 passed over; 4 resources in the state; 8 reports to the desk, 1 of/,
    )
    expect(headline).toContain('1 refused, 1 failed, 1 gave up')
    const { resources } = JSON.parse(await storage.state('slow')) as { resources: { instances: unknown[] }[] }
    expect(resources[0]?.instances).toHaveLength(3)
    // Seven files at the first try, and three tries for the one that needs what is not there: no run was disturbed by another.
    const starts = (await server.client.functionLogs('terraform')).filter(({ text }) =>
      text.includes('Invoke Start'),
    )
    expect(starts).toHaveLength(10)
    expect(lines?.join('\n')).not.toContain('not for the desk')
    expect(await server.client.queues.receive('unreported', { count: 1 })).toEqual([])
  }, 90_000)
})
