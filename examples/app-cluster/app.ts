import type { Application } from '../application.ts'
import { StandInCluster } from './cluster.ts'
import { run } from './run.ts'

export const application: Application = {
  title: 'An uploaded video scales a deployment of Kubernetes, and is reported when its workers are there',
  async run(stage) {
    await using cluster = await StandInCluster.start({ token: 'service-account', podsMax: 6, podMs: 200 })
    const storage = {
      environment: 'embedded',
      settings: {},
      start: () => Promise.resolve(),
      async upload(key: string, bytes: number) {
        await stage.server.client.events.publish('videos', {
          source: 'acs.oss',
          type: 'oss:ObjectCreated:PutObject',
          subject: `acs:oss:us-east-1::example-videos/${key}`,
          data: {
            eventName: 'ObjectCreated:PutObject',
            oss: { bucket: { name: 'example-videos' }, object: { key, size: bytes } },
          },
        })
      },
    }
    return await run(stage, storage, cluster)
  },
}
