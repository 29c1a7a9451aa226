import type { Queue } from '@millrace/spi'
import { queueName, type Snapshot } from '../resources/index.ts'

/** Queues that one scrape of the metrics asks about; further ones are left out. */
export const scrapedQueuesMax = 1_000

/** Pending deliveries of the targets of all rules, queue by queue. */
export async function pendingDeliveries(
  snapshot: Snapshot,
  queue: Queue,
): Promise<(readonly [string, number])[]> {
  const names: string[] = []
  for (const bus of snapshot.buses.values()) {
    for (const rule of bus.rules.values()) {
      for (const target of rule.spec.targets) {
        if (names.length < scrapedQueuesMax) names.push(queueName(bus.key, rule.name, target.id))
      }
    }
  }
  return await Promise.all(names.map(async name => [name, (await queue.stat(name)).pending] as const))
}
