import type { Application } from '../application.ts'
import { EmbeddedSystems } from './embedded.ts'
import { run } from './run.ts'

const sales = 3_000

export const application: Application = {
  title: 'Sales of tills are converted on their way from one topic to another, and archived by the hour',
  async run(stage) {
    await using systems = await EmbeddedSystems.start(stage.folder)
    Object.assign(process.env, systems.settings)
    return await run(stage, systems, sales)
  },
}
