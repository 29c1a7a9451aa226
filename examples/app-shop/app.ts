import { join } from 'node:path'
import type { Application } from '../application.ts'
import { fileStore } from './file-store.ts'
import { run } from './run.ts'

/** `MILLRACE_EXAMPLE_NOTIFICATIONS` says how many, for a long run. */
const notificationsDefault = 5_000

const fileName = 'notifications.jsonl'

export const application: Application = {
  title: 'Carts and prices of a shop become a burst of notifications, each of which is accounted for',
  async run(stage) {
    const path = join(stage.folder, fileName)
    // The wiring reads it.
    process.env['SHOP_FILE'] = path
    const notifications = Number(process.env['MILLRACE_EXAMPLE_NOTIFICATIONS'] ?? notificationsDefault)
    if (!Number.isInteger(notifications) || notifications < 1)
      throw new Error('MILLRACE_EXAMPLE_NOTIFICATIONS must be a whole number above 0')
    const result = await run(stage, fileStore(path), notifications)
    return { ...result, files: [fileName] }
  },
}
