import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'
import { ordinaryUploads } from '../files.ts'
import { missingProgram } from '../program.ts'
import { realStorage } from '../real.ts'
import { run } from '../run.ts'

const needs = missingProgram()
const skipped = needs === undefined ? '' : ` (needs ${needs}: it is what the function runs)`

/** Nobody serves providers at that address, so nothing is wrong with the file as far as anybody can tell. */
const needy = `
terraform {
  required_providers {
    none = { source = "localhost:1/example/none" }
  }
}
`

await describeService('versitygw', 'Terraform files in a bucket', () => {
  test.skipIf(needs !== undefined)(
    `are applied with their state in another bucket, or refused, and the desk is told of each${skipped}`,
    async () => {
      await using server = await startExampleServer()
      const signal = AbortSignal.timeout(80_000)
      await using storage = await realStorage(server.client, signal)
      const uploads = [
        ...ordinaryUploads,
        { key: 'needy.tf', content: needy, comes: { verdict: 'gave up', attempts: 3 } as const },
      ]

      const { headline, lines } = await run({ server, folder: '', signal, say: () => {} }, storage, uploads)

      expect(headline).toBe(
        '7 uploads: 2 applied, 1 unchanged, 1 refused, 1 failed, 1 gave up, 1 passed over; ' +
          '4 resources in the state; 6 reports to the desk, 1 of them at the second try',
      )
      expect(lines?.join('\n')).not.toContain('not for the desk')
      expect(await server.client.queues.receive('unreported', { count: 1 })).toEqual([])
    },
    90_000,
  )
})
