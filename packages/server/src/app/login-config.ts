import { readFile } from 'node:fs/promises'
import { AppError, retryNever } from '@millrace/spi'
import type { LoginSettings, OidcSettings } from '../auth/index.ts'

/** How people sign in to the console, as the environment says it. */
export interface LoginConfig {
  /** Origin of the console as people see it, when a proxy is in front. */
  readonly consoleUrl: string | undefined
  readonly sessionMs: number
  readonly idleMs: number
  readonly oidc: (Omit<OidcSettings, 'clientSecret'> & ClientSecret) | undefined
}

interface ClientSecret {
  readonly clientSecret: string | undefined
  /** File whose content is the secret. */
  readonly clientSecretFile: string | undefined
}

export const loginSettingNames = [
  'MILLRACE_CONSOLE_URL',
  'MILLRACE_CONSOLE_SESSION_HOURS',
  'MILLRACE_CONSOLE_IDLE_MINUTES',
  'MILLRACE_OIDC_ISSUER',
  'MILLRACE_OIDC_CLIENT_ID',
  'MILLRACE_OIDC_CLIENT_SECRET',
  'MILLRACE_OIDC_CLIENT_SECRET_FILE',
  'MILLRACE_OIDC_SCOPES',
  'MILLRACE_OIDC_USER_CLAIM',
  'MILLRACE_OIDC_USERS',
  'MILLRACE_OIDC_ROLE_CLAIM',
  'MILLRACE_OIDC_ROLES',
] as const

type Read = (name: (typeof loginSettingNames)[number]) => string | undefined
type Refuse = (name: string, seen: string, wanted: string) => never

/** `refuse` throws `config.invalid`. */
export function readLoginConfig(read: Read, refuse: Refuse): LoginConfig {
  const consoleUrl = read('MILLRACE_CONSOLE_URL')
  const parsed = consoleUrl === undefined ? undefined : URL.parse(consoleUrl)
  const isOrigin = parsed?.pathname === '/' && parsed.search === '' && /^https?:$/.test(parsed.protocol)
  if (consoleUrl !== undefined && !isOrigin) {
    refuse('MILLRACE_CONSOLE_URL', consoleUrl, 'an origin such as https://events.example.com, without a path')
  }
  return {
    consoleUrl: parsed?.origin,
    sessionMs:
      whole('MILLRACE_CONSOLE_SESSION_HOURS', read('MILLRACE_CONSOLE_SESSION_HOURS') ?? '12', 720) *
      3_600_000,
    idleMs:
      whole('MILLRACE_CONSOLE_IDLE_MINUTES', read('MILLRACE_CONSOLE_IDLE_MINUTES') ?? '60', 43_200) * 60_000,
    oidc: readOidc(read, refuse),
  }

  function whole(name: string, value: string, most: number): number {
    const found = Number(value)
    if (!/^[0-9]{1,5}$/.test(value) || found < 1 || found > most) {
      refuse(name, value, `a whole number from 1 to ${most}`)
    }
    return found
  }
}

function readOidc(read: Read, refuse: Refuse): LoginConfig['oidc'] {
  const issuer = read('MILLRACE_OIDC_ISSUER')
  const clientId = read('MILLRACE_OIDC_CLIENT_ID')
  if (issuer === undefined) {
    const stray = loginSettingNames.find(
      name => name.startsWith('MILLRACE_OIDC_') && read(name) !== undefined,
    )
    if (stray !== undefined) refuse('MILLRACE_OIDC_ISSUER', 'missing', `set together with ${stray}`)
    return undefined
  }
  const url = URL.parse(issuer)
  const isLoopback = /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url?.hostname ?? '')
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback)) {
    refuse('MILLRACE_OIDC_ISSUER', issuer, 'an https address; http is for a provider on this machine alone')
  }
  if (clientId === undefined)
    refuse('MILLRACE_OIDC_CLIENT_ID', 'missing', 'set together with MILLRACE_OIDC_ISSUER')
  const clientSecret = read('MILLRACE_OIDC_CLIENT_SECRET')
  const clientSecretFile = read('MILLRACE_OIDC_CLIENT_SECRET_FILE')
  if (clientSecret !== undefined && clientSecretFile !== undefined) {
    refuse('MILLRACE_OIDC_CLIENT_SECRET_FILE', clientSecretFile, 'unset beside MILLRACE_OIDC_CLIENT_SECRET')
  }
  const roleClaim = read('MILLRACE_OIDC_ROLE_CLAIM')
  const roles = pairs('MILLRACE_OIDC_ROLES', read('MILLRACE_OIDC_ROLES'), refuse)
  if ((roleClaim === undefined) !== (roles === undefined)) {
    refuse('MILLRACE_OIDC_ROLE_CLAIM', roleClaim ?? 'missing', 'set together with MILLRACE_OIDC_ROLES')
  }
  const users = pairs('MILLRACE_OIDC_USERS', read('MILLRACE_OIDC_USERS'), refuse)
  return {
    issuer,
    clientId,
    clientSecret,
    clientSecretFile,
    scopes: read('MILLRACE_OIDC_SCOPES') ?? 'openid profile email',
    userClaim: read('MILLRACE_OIDC_USER_CLAIM') ?? 'sub',
    ...(users === undefined ? {} : { users }),
    ...(roleClaim === undefined || roles === undefined ? {} : { roleClaim, roles }),
  }
}

/** `value=name,value=name`, in this order. */
function pairs(
  name: string,
  text: string | undefined,
  refuse: Refuse,
): ReadonlyMap<string, string> | undefined {
  if (text === undefined) return undefined
  const found = text.split(',').map(pair => /^ *(.+)=([A-Za-z0-9][A-Za-z0-9._-]{0,126}) *$/.exec(pair))
  return new Map(
    found.map(pair => {
      const [, value, target] = pair ?? refuse(name, text, 'VALUE=NAME pairs with commas between them')
      return [value ?? '', target ?? '']
    }),
  )
}

/** The settings with the secret that a file holds. Rejects with `config.invalid` when it cannot be read. */
export async function withSecret(config: {
  readonly account: string
  readonly login: LoginConfig
}): Promise<LoginSettings> {
  const { consoleUrl, sessionMs, idleMs, oidc } = config.login
  const settings = { account: config.account, consoleUrl, sessions: { sessionMs, idleMs } }
  if (oidc === undefined) return settings
  const { clientSecret, clientSecretFile, ...known } = oidc
  const secret = clientSecretFile === undefined ? clientSecret : await readSecret(clientSecretFile)
  return { ...settings, oidc: { ...known, ...(secret === undefined ? {} : { clientSecret: secret }) } }
}

async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw new AppError(
      'config.invalid',
      `MILLRACE_OIDC_CLIENT_SECRET_FILE names ${path}, which cannot be read`,
      retryNever,
      { cause, details: { path: 'MILLRACE_OIDC_CLIENT_SECRET_FILE' } },
    )
  }
}
