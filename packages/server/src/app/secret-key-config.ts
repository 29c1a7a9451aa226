import type { SecretKeySource } from '../auth/index.ts'

export const secretKeySettingNames = [
  'MILLRACE_SECRET_KEY',
  'MILLRACE_SECRET_KEY_FILE',
  'MILLRACE_SECRET_KEY_COMMAND',
] as const

/** Where the key of secrets is kept; at most one place may be named. `refuse` throws `config.invalid`. */
export function readSecretKeySource(
  environment: Readonly<Record<string, string | undefined>>,
  refuse: (name: string, seen: string, wanted: string) => never,
): SecretKeySource {
  const [first, second] = secretKeySettingNames.filter(name => (environment[name] ?? '') !== '')
  if (first === undefined) return { kind: 'folder' }
  if (second !== undefined) refuse(second, 'set', `unset where ${first} is set`)
  const text = environment[first] ?? ''
  switch (first) {
    case 'MILLRACE_SECRET_KEY':
      return { kind: 'value', text }
    case 'MILLRACE_SECRET_KEY_FILE':
      return { kind: 'file', path: text }
    case 'MILLRACE_SECRET_KEY_COMMAND':
      return { kind: 'command', command: text, environment: { ...environment } }
  }
}
