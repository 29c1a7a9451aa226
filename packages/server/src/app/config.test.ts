import { describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'

describe('settings from the environment', () => {
  test('an empty environment gives the documented defaults', () => {
    expect(readConfig({})).toMatchObject({
      listen: { host: '127.0.0.1', port: 8400 },
      storage: 'lmdb',
      account: '1000000000000001',
      region: 'local',
      logLevel: 'info',
      allowPrivateTargets: false,
      fileRoots: [],
      codeUploadBytesMax: 104_857_600,
      codeBytesMax: 524_288_000,
    })
  })

  test.each([
    ['0', '127.0.0.1', 0],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:8400', '::1', 8400],
    ['localhost:1', 'localhost', 1],
  ])('listens at %s', (text, host, port) => {
    expect(readConfig({ MILLRACE_LISTEN: text }).listen).toEqual({ host, port })
  })

  test('takes several folders for files, as PATH has them', () => {
    const environment = { MILLRACE_FILE_ROOTS: '/var/log/:/srv/data', MILLRACE_DATA: '/srv/data/.millrace' }
    expect(readConfig(environment).fileRoots).toEqual(['/var/log', '/srv/data'])
  })

  test.each([
    [{ MILLRACE_LISTEN: 'localhost:65536' }, 'MILLRACE_LISTEN'],
    [{ MILLRACE_LISTEN: 'a:b:1' }, 'MILLRACE_LISTEN'],
    [{ MILLRACE_LOG: 'loud' }, 'one of trace, debug'],
    [{ MILLRACE_ALLOW_PRIVATE_TARGETS: 'yes' }, 'one of true, false'],
    [{ MILLRACE_ACCOUNT_ID: 'me' }, '1 to 20 digits'],
    [{ MILLRACE_ACCESS_KEY_ID: 'key' }, 'MILLRACE_ACCESS_KEY_SECRET'],
    [{ MILLRACE_SECRET_KEY: 'a', MILLRACE_SECRET_KEY_FILE: '/b' }, 'MILLRACE_SECRET_KEY_FILE'],
    [{ MILLRACE_SANDBOX: 'container' }, 'starts no containers'],
    [{ MILLRACE_SANDBOX: 'bubblewarp' }, 'one of auto, bubblewrap, process'],
    [{ MILLRACE_NATS_URL: 'nats://127.0.0.1:4222' }, 'no cluster storage'],
    [{ MILLRACE_OTLP_ENDPOINT: 'collector:4318' }, 'an address such as http://'],
    [{ MILLRACE_TRACE_RATIO: '2' }, 'a number from 0 to 1'],
    [{ MILLRACE_ASYNC_PAYLOAD_KIB: '257' }, 'a whole number of KiB from 1 to 256'],
    [{ MILLRACE_CODE_MIB: '20000' }, 'a whole number of MiB from 1 to 10240'],
    [{ MILLRACE_CODE_UPLOAD_MIB: '1.5' }, 'a whole number of MiB from 1 to 500'],
    [{ MILLRACE_FILE_ROOTS: '/var/log:data' }, 'absolute folders'],
    [{ MILLRACE_FILE_ROOTS: '/srv', MILLRACE_DATA: '/srv/millrace/data' }, 'without that of MILLRACE_DATA'],
    [{ MILLRACE_FILE_ROOTS: '/srv', MILLRACE_DATA: '/srv' }, 'without that of MILLRACE_DATA'],
    [{ MILLRACE_LISTN: '1' }, 'did you mean MILLRACE_LISTEN?'],
  ])('refuses %j and names the place', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining(message) }),
    )
  })
})
