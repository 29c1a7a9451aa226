import { createHash, createHmac } from 'node:crypto'
import type { ServerProcess } from '../../tools/process/index.ts'
import { newName } from './place.ts'

/** Makes a log store of the default project; resolves with what the connector needs to know of it. */
export async function newLogStore({ url: endpoint, credentials }: ServerProcess, shardCount: number) {
  const { MILLRACE_ACCESS_KEY_ID: accessKeyId, MILLRACE_ACCESS_KEY_SECRET: accessKeySecret } = credentials
  const logstore = newName().slice(0, 40)
  const body = JSON.stringify({ logstoreName: logstore, shardCount })
  const md5 = createHash('md5').update(body).digest('hex').toUpperCase()
  const date = new Date().toUTCString()
  const own = { 'x-log-apiversion': '0.6.0', 'x-log-signaturemethod': 'hmac-sha1' }
  const lines = Object.entries(own).map(([name, value]) => `${name}:${value}`)
  const text = ['POST', md5, 'application/json', date, ...lines, '/logstores'].join('\n')
  const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64')
  const headers = {
    ...own,
    'content-type': 'application/json',
    'content-md5': md5,
    date,
    authorization: `LOG ${accessKeyId}:${signature}`,
  }
  const answer = await fetch(`${endpoint}/logstores`, { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(`no log store could be made: ${answer.status} ${await answer.text()}`)
  return { endpoint, accessKeyId, accessKeySecret, project: 'default', logstore }
}
