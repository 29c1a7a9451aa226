import type { Application } from '../application.ts'
import { EmbeddedStore } from './embedded-store.ts'
import { missingProgram } from './program.ts'
import { run } from './run.ts'

export const application: Application = {
  title: 'An uploaded Terraform file is planned and applied, and a change desk is told what came of it',
  needs: missingProgram,
  async run(stage) {
    await using store = await EmbeddedStore.start()
    return await run(stage, {
      environment: 'embedded',
      settings: { STORE_URL: store.url, STATE_URL: `${store.url}/states` },
      start: () => Promise.resolve(),
      async upload(key, content) {
        store.put('example-stacks', key, content)
        await stage.server.client.events.publish('uploads', {
          source: 'acs.oss',
          type: 'oss:ObjectCreated:PutObject',
          subject: `acs:oss:us-east-1::example-stacks/${key}`,
          data: {
            eventName: 'ObjectCreated:PutObject',
            oss: { bucket: { name: 'example-stacks' }, object: { key } },
          },
        })
      },
      state: stack => Promise.resolve(store.state(stack) ?? ''),
    })
  },
}
