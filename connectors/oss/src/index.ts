import { isIP } from 'node:net'
import { checkTls, defineConnector, optionRefusal } from '@millrace/spi'
import { parameterNames } from './objects.ts'
import { OssConnection, OssSinkOptions, OssSourceOptions } from './options.ts'
import { compilePath } from './path-format.ts'
import { OssSink } from './sink.ts'
import { OssSource } from './source.ts'

/** Object storage by the S3 protocol: new objects to read of, and objects to write. See the README for its semantics. */
export const connector = defineConnector({
  system: 'oss',
  title: 'Object storage (S3)',
  connection: OssConnection,
  source: {
    options: OssSourceOptions,
    tasksMax: 1,
    ordered: false,
    check: options => checkSource(options as OssSourceOptions),
    open: (options, context) => new OssSource(options as OssSourceOptions, context),
  },
  sink: {
    options: OssSinkOptions,
    recordsMax: 10_000,
    parameters: parameterNames,
    check: options => checkSink(options as OssSinkOptions),
    open: (options, context) => new OssSink(options as OssSinkOptions, context),
  },
})

function checkSource(options: OssSourceOptions): void {
  const { mode, content, bucket, start } = options
  checkEndpoint(options)
  // Who only listens goes nowhere.
  if (mode === 'list' || content !== 'none') {
    checkAccessKey(options)
    if (bucket === undefined) {
      throw optionRefusal('oss', 'bucket', 'is needed for mode list, and for content other than none')
    }
  }
  if (typeof start === 'object' && !Number.isFinite(Date.parse(start.time))) {
    throw optionRefusal('oss', 'start.time', 'is no time')
  }
}

function checkSink(options: OssSinkOptions): void {
  checkEndpoint(options)
  checkAccessKey(options)
  try {
    compilePath(options.pathFormat, options.timeZone)
  } catch (thrown) {
    const { message } = thrown as Error
    throw optionRefusal('oss', message.includes('time zone') ? 'timeZone' : 'pathFormat', message)
  }
}

function checkEndpoint({ endpoint, addressing, tls }: OssConnection): void {
  const url = URL.parse(endpoint)
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  if (!isHttp || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw optionRefusal(
      'oss',
      'endpoint',
      'is not an http: or https: address without user, query and fragment',
    )
  }
  if (addressing === 'virtual-host' && isIP(url.hostname.replaceAll(/^\[|\]$/g, '')) !== 0) {
    throw optionRefusal('oss', 'addressing', 'puts the bucket before a host name, and the endpoint has none')
  }
  checkTls('oss', tls)
}

function checkAccessKey({ accessKeyId, accessKeySecret }: OssConnection): void {
  for (const [name, value] of Object.entries({ accessKeyId, accessKeySecret })) {
    if (value === '') throw optionRefusal('oss', name, 'is required')
  }
}
