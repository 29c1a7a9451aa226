import { describe, expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

/** The value of one series of the exposition text. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find(candidate => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('metrics of the engine', () => {
  test('accepted, refused and routed events are counted by bus', async () => {
    using metrics = createMetrics({ version: '1.2.3' })
    metrics.observer.accepted('a/orders', 100, 40_000)
    metrics.observer.accepted('a/orders', 1, 400)
    metrics.observer.refused('a/orders', 'event.too-large')
    metrics.observer.routed('a/orders', 101, 202)
    const text = await metrics.text()

    expect(valueOf(text, 'millrace_events_accepted_total{bus="a/orders"}')).toBe(101)
    expect(valueOf(text, 'millrace_events_accepted_bytes_total{bus="a/orders"}')).toBe(40_400)
    expect(valueOf(text, 'millrace_events_refused_total{bus="a/orders",code="event.too-large"}')).toBe(1)
    expect(valueOf(text, 'millrace_events_routed_total{bus="a/orders"}')).toBe(101)
    expect(valueOf(text, 'millrace_deliveries_created_total{bus="a/orders"}')).toBe(202)
    expect(valueOf(text, 'millrace_build_info{version="1.2.3"}')).toBe(1)
  })

  test('attempts and endings are counted by queue, with their times in seconds', async () => {
    using metrics = createMetrics({ version: '1' })
    metrics.observer.attempted('a/b/r/t', false, 20, 'sink.timeout')
    metrics.observer.attempted('a/b/r/t', true, 4, undefined)
    metrics.observer.settled('a/b/r/t', 'delivered', 1_500)
    const text = await metrics.text()

    expect(valueOf(text, 'millrace_attempts_total{queue="a/b/r/t",outcome="failed"}')).toBe(1)
    expect(valueOf(text, 'millrace_attempts_total{queue="a/b/r/t",outcome="succeeded"}')).toBe(1)
    expect(valueOf(text, 'millrace_attempt_failures_total{code="sink.timeout"}')).toBe(1)
    expect(valueOf(text, 'millrace_deliveries_settled_total{queue="a/b/r/t",ending="delivered"}')).toBe(1)
    expect(valueOf(text, 'millrace_delivery_latency_seconds_sum{ending="delivered"}')).toBe(1.5)
    expect(valueOf(text, 'millrace_delivery_latency_seconds_bucket{le="1",ending="delivered"}')).toBe(0)
    expect(valueOf(text, 'millrace_delivery_latency_seconds_bucket{le="2.5",ending="delivered"}')).toBe(1)
  })

  test('names beyond the limit share one label, so that series do not grow without end', async () => {
    using metrics = createMetrics({ version: '1', namesMax: 2 })
    for (const queue of ['one', 'two', 'three', 'four', 'one']) metrics.observer.settled(queue, 'dropped', 1)
    const text = await metrics.text()

    expect(valueOf(text, 'millrace_deliveries_settled_total{queue="one",ending="dropped"}')).toBe(2)
    expect(valueOf(text, 'millrace_deliveries_settled_total{queue="other",ending="dropped"}')).toBe(2)
    expect(text).not.toContain('queue="three"')
  })

  test('pending deliveries are asked for at each scrape and added up beyond the limit', async () => {
    let pending: [string, number][] = [
      ['one', 5],
      ['two', 7],
      ['three', 11],
    ]
    using metrics = createMetrics({ version: '1', namesMax: 1, pending: async () => pending })
    const first = await metrics.text()
    expect(valueOf(first, 'millrace_deliveries_pending{queue="one"}')).toBe(5)
    expect(valueOf(first, 'millrace_deliveries_pending{queue="other"}')).toBe(18)
    pending = []

    expect(await metrics.text()).not.toContain('millrace_deliveries_pending{')
  })
})

describe('metrics of the process and the HTTP face', () => {
  test('memory, processor time and the delay of the event loop are told', async () => {
    using metrics = createMetrics({ version: '1' })
    const text = await metrics.text()

    expect(valueOf(text, 'millrace_process_memory_bytes{kind="resident"}')).toBeGreaterThan(1_000_000)
    expect(valueOf(text, 'millrace_process_cpu_seconds')).toBeGreaterThan(0)
    expect(text).toContain('millrace_event_loop_delay_seconds{quantile="0.99"}')
  })

  test('requests are counted by method, route and status', async () => {
    using metrics = createMetrics({ version: '1' })
    metrics.http.answered('GET', '/api/v1/buses', 200, 3)
    const text = await metrics.text()

    expect(
      valueOf(text, 'millrace_http_requests_total{method="GET",route="/api/v1/buses",status="200"}'),
    ).toBe(1)
    expect(
      valueOf(
        text,
        'millrace_http_request_duration_seconds_bucket{le="0.005",method="GET",route="/api/v1/buses"}',
      ),
    ).toBe(1)
  })

  test('quotas are told by account, with their use where it can be counted', async () => {
    const uses = [
      { name: 'buses', limit: 1_000, used: 2 },
      { name: 'connections', limit: 10, used: undefined },
    ]
    using metrics = createMetrics({ version: '1', quotas: async () => [['1', uses]] })

    const text = await metrics.text()

    expect(text).toContain('millrace_quota_limit{account="1",quota="buses"} 1000\n')
    expect(text).toContain('millrace_quota_used{account="1",quota="buses"} 2\n')
    expect(text).toContain('millrace_quota_limit{account="1",quota="connections"} 10\n')
    expect(text).not.toContain('millrace_quota_used{account="1",quota="connections"}')
  })

  test('messages of queues are told by state', async () => {
    const counts = { active: 3, inactive: 2, delayed: 1 }
    using metrics = createMetrics({ version: '1', queueMessages: async () => [['1/jobs', counts]] })
    const text = await metrics.text()

    for (const [state, count] of Object.entries(counts)) {
      expect(valueOf(text, `millrace_queue_messages{queue="1/jobs",state="${state}"}`)).toBe(count)
    }
  })

  test('every figure has the prefix of the product and a sentence of help', async () => {
    using metrics = createMetrics({ version: '1', pending: async () => [] })
    const text = await metrics.text()
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)

    expect(names.length).toBeGreaterThan(14)
    for (const name of names) {
      expect(name).toMatch(/^millrace_/)
      expect(text).toMatch(new RegExp(`^# HELP ${name} .{10,}`, 'm'))
    }
  })

  test('two registries do not disturb each other', async () => {
    using first = createMetrics({ version: '1' })
    using second = createMetrics({ version: '2' })
    first.observer.accepted('a', 1, 1)

    expect(await second.text()).not.toContain('bus="a"')
  })
})
