import { expect, test } from 'vitest'
import { metricsPage } from './metrics-page.ts'

test('each figure stands below its area, with its kind and what it counts', () => {
  const page = metricsPage(
    [
      '# HELP millrace_attempts_total Attempts, by a | b.',
      '# TYPE millrace_attempts_total counter',
      'millrace_attempts_total 3',
      '# HELP millrace_stream_lag_records Records that wait.',
      '# TYPE millrace_stream_lag_records gauge',
    ].join('\n'),
  )

  const [events = '', streams = ''] = page.split('## Streams')
  expect(events).toContain(String.raw`| ${'`millrace_attempts_total`'} | counter | Attempts, by a \| b. |`)
  expect(streams).toContain('| `millrace_stream_lag_records` | gauge | Records that wait. |')
})
