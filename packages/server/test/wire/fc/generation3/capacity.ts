import { describe, expect, test } from 'vitest'
import { codeOf, model } from '../fixture.ts'
import { arn, plain, type Stage } from './stage.ts'

export function capacityTests(stage: Stage): void {
  describe('capacity', () => {
    test('reserved instances limit a function; none shut it', async () => {
      const put = (reservedConcurrency: number) => {
        const body = model('PutConcurrencyInput', { reservedConcurrency })
        return stage.client.putConcurrencyConfig('done', model('PutConcurrencyConfigRequest', { body }))
      }
      const expected = { functionArn: arn('functions/done'), reservedConcurrency: 0 }
      expect(plain((await put(0)).body)).toMatchObject(expected)
      expect(plain((await stage.client.getConcurrencyConfig('done')).body)).toMatchObject(expected)
      expect(await codeOf(stage.invoke('done', 'x'))).toBe('ResourceExhausted')
      const list = await stage.client.listConcurrencyConfigs(model('ListConcurrencyConfigsRequest', {}))
      expect(plain(list.body)).toMatchObject({ configs: [expected] })
      expect((await stage.client.deleteConcurrencyConfig('done')).statusCode).toBe(204)
      expect(await codeOf(stage.client.getConcurrencyConfig('done'))).toBe('ConcurrencyConfigNotFound')
    })

    test('provisioned instances are kept, and told with their schedules and policies', async () => {
      const scheduledActions = [
        {
          name: 's',
          startTime: '2030-01-01T00:00:00Z',
          endTime: '2031-01-01T00:00:00Z',
          timeZone: 'Asia/Shanghai',
          target: 2,
          scheduleExpression: 'cron(0 0 4 * * *)',
        },
      ]
      const targetTrackingPolicies = [
        {
          name: 't',
          startTime: '',
          endTime: '',
          timeZone: 'UTC',
          metricType: 'ProvisionedConcurrencyUtilization',
          metricTarget: 0.6,
          minCapacity: 0,
          maxCapacity: 3,
        },
      ]
      const fields = { defaultTarget: 0, scheduledActions, targetTrackingPolicies, alwaysAllocateCPU: true }
      const body = model('PutProvisionConfigInput', fields)
      const request = model('PutProvisionConfigRequest', { body, qualifier: 'LATEST' })
      const written = await stage.client.putProvisionConfig('done', request)
      expect(plain(written.body)).toMatchObject({ ...fields, functionArn: arn('functions/done') })
      const read = await stage.client.getProvisionConfig(
        'done',
        model('GetProvisionConfigRequest', { qualifier: 'LATEST' }),
      )
      expect(plain(read.body)).toMatchObject(fields)
      const list = await stage.client.listProvisionConfigs(
        model('ListProvisionConfigsRequest', { functionName: 'done' }),
      )
      expect(plain(list.body)).toMatchObject({ provisionConfigs: [fields] })
      const gone = await stage.client.deleteProvisionConfig('done', model('DeleteProvisionConfigRequest', {}))
      expect(gone.statusCode).toBe(204)
      expect(
        await codeOf(stage.client.getProvisionConfig('done', model('GetProvisionConfigRequest', {}))),
      ).toBe('ProvisionConfigNotFound')
    })

    test('a scaling config keeps instances, and says how many there are', async () => {
      const body = model('PutScalingConfigInput', { minInstances: 1, enableOnDemandScaling: true })
      const put = await stage.client.putScalingConfig(
        'done',
        model('PutScalingConfigRequest', { body, qualifier: 'LATEST' }),
      )
      expect(plain(put.body)).toMatchObject({ minInstances: 1, enableOnDemandScaling: true })
      const get = () =>
        stage.client.getScalingConfig('done', model('GetScalingConfigRequest', { qualifier: 'LATEST' }))
      await expect.poll(async () => (await get()).body?.currentInstances, { timeout: 20_000 }).toBe(1)
      expect((await get()).body?.targetInstances).toBe(1)
      const list = await stage.client.listScalingConfigs(model('ListScalingConfigsRequest', {}))
      expect(plain(list.body)).toMatchObject({ scalingConfigs: [{ functionArn: arn('functions/done') }] })
      const gone = await stage.client.deleteScalingConfig('done', model('DeleteScalingConfigRequest', {}))
      expect(gone.statusCode).toBe(204)
      expect(await codeOf(get())).toBe('ScalingConfigNotFound')
    })
  })
}
