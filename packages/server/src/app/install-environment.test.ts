import { expect, test } from 'vitest'
import { installEnvironment } from './install-environment.ts'

test('proxies, certificates and settings of npm go to a package manager, keys of the server do not', () => {
  const environment = {
    HOME: '/var/lib/millrace',
    https_proxy: 'http://proxy:3128',
    NODE_EXTRA_CA_CERTS: '/etc/ssl/own.pem',
    npm_config_registry: 'https://registry.example',
    MILLRACE_ACCESS_KEY_SECRET: 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NODE_OPTIONS: '--require=/tmp/x.js',
    PATH: '/usr/bin',
    NO_PROXY: undefined,
  }
  expect(Object.keys(installEnvironment(environment)).toSorted()).toEqual([
    'HOME',
    'NODE_EXTRA_CA_CERTS',
    'https_proxy',
    'npm_config_registry',
  ])
})
