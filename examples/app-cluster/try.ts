import { useService } from '@millrace/services'
import { StandInCluster } from './cluster.ts'

// For trying it by hand: `prepare` makes the bucket, has the S3 server tell of uploads, and is the cluster until it is interrupted;
// `upload KEY BYTES` uploads.
const bucket = 'example-videos'
const hook = 'http://127.0.0.1:8400/hooks/1000000000000001/videos?token=notify-token-on-loopback'
const [action, key = '', bytes = '0'] = process.argv.slice(2)
const s3 = await useService('versitygw')

if (action === 'upload') {
  const { status } = await s3.request({
    method: 'PUT',
    path: `/${bucket}/${key}`,
    body: 'v'.repeat(Number(bytes)),
  })
  console.log(`uploaded: ${status}`)
} else {
  await s3.createBucket(bucket)
  await s3.notify(bucket, hook)
  const options = { token: 'service-account-on-loopback', port: 8_481, podsMax: 6, podMs: 1_000 }
  const { url } = await StandInCluster.start(options)
  console.log(`a stand-in for a cluster listens at ${url}`)
}
