import { readFile } from 'node:fs/promises'
import { useService } from '@millrace/services'
import { ChangeDesk } from './desk.ts'

// For trying it by hand: `prepare` makes the buckets, has the S3 server tell of uploads and is the desk until it is interrupted;
// `upload FILE KEY` uploads.
const bucket = 'example-stacks'
const hook = 'http://127.0.0.1:8400/hooks/1000000000000001/uploads?token=notify-token-on-loopback'
const [action, path = '', key = ''] = process.argv.slice(2)
const s3 = await useService('versitygw')

if (action === 'upload') {
  const body = await readFile(path, 'utf8')
  const { status } = await s3.request({ method: 'PUT', path: `/${bucket}/${key}`, body })
  console.log(`uploaded: ${status}`)
} else {
  for (const name of [bucket, `${bucket}-states`]) await s3.createBucket(name)
  await s3.notify(bucket, hook)
  const desk = await ChangeDesk.start('desk-token-on-loopback', 8_480, report => console.log(report))
  console.log(`the desk listens at ${desk.url}`)
}
