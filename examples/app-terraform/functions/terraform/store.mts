import { createHash, createHmac } from 'node:crypto'

/** Where files are read and states are kept, as the environment of the function tells it. */
interface Store {
  readonly STORE_URL: string
  readonly STORE_REGION: string
  readonly STORE_KEY_ID: string
  readonly STORE_KEY_SECRET: string
  /** Where states are kept by Terraform's own HTTP protocol; in the bucket `STATE_BUCKET` otherwise. */
  readonly STATE_URL?: string
  readonly STATE_BUCKET?: string
}

const store = process.env as unknown as Store

/**
 * The object as it is now. The event only says that there is something new: of two uploads that follow close on each other,
 * whichever call comes last must find the newer one. `undefined` when it is gone.
 */
export async function readObject(bucket: string, key: string): Promise<string | undefined> {
  const url = new URL(`${store.STORE_URL}/${bucket}/${key.split('/').map(encoded).join('/')}`)
  const response = await fetch(url, { headers: signed(url, new Date()), signal: AbortSignal.timeout(30_000) })
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`the store answered ${response.status} for ${key}`)
  return await response.text()
}

/** The block `backend` for the state of a stack, whatever the uploaded file says. */
export function backendOf(stack: string): object {
  if (store.STATE_URL !== undefined) {
    const address = `${store.STATE_URL}/${stack.split('/').map(encoded).join('/')}`
    return { http: { address, lock_address: address, unlock_address: address } }
  }
  return {
    s3: {
      bucket: store.STATE_BUCKET,
      key: `${stack}.tfstate`,
      region: store.STORE_REGION,
      endpoints: { s3: store.STORE_URL },
      access_key: store.STORE_KEY_ID,
      secret_key: store.STORE_KEY_SECRET,
      use_path_style: true,
      use_lockfile: true,
      skip_credentials_validation: true,
      skip_requesting_account_id: true,
      skip_metadata_api_check: true,
      skip_region_validation: true,
      skip_s3_checksum: true,
    },
  }
}

/** Headers of a GET by Signature Version 4: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. */
function signed({ host, pathname }: URL, now: Date): Record<string, string> {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/${store.STORE_REGION}/s3/aws4_request`
  const content = hash('')
  const names = 'host;x-amz-content-sha256;x-amz-date'
  const headers = [`host:${host}`, `x-amz-content-sha256:${content}`, `x-amz-date:${time}`]
  const request = ['GET', pathname, '', ...headers, '', names, content].join('\n')
  let key: string | Buffer = `AWS4${store.STORE_KEY_SECRET}`
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(request)].join('\n')
  const signature = createHmac('sha256', key).update(text).digest('hex')
  const credential = `Credential=${store.STORE_KEY_ID}/${scope}`
  return {
    'x-amz-date': time,
    'x-amz-content-sha256': content,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** As the signature wants it: more is escaped than by `encodeURIComponent`. */
function encoded(step: string): string {
  return encodeURIComponent(step).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
