import type { Clock, Documents, Random } from '@millrace/spi'
import { isPrincipal } from '../authenticator.ts'
import { bearerScheme } from '../bearer.ts'
import type { KeyDirectory } from '../key-directory.ts'
import type { SecretBox } from '../secret-box.ts'
import { type Attempt, type AttemptLimits, LoginAttempts } from './attempts.ts'
import { loginFailed } from './errors.ts'
import type { LoginSource } from './login-source.ts'
import { type OidcSettings, OidcSignIn } from './oidc.ts'
import { ownerOfPerson } from './oidc-people.ts'
import { type HashCost, PasswordHasher } from './password-hash.ts'
import { Passwords } from './passwords.ts'
import type { SessionOwner, Standing } from './session-owner.ts'
import { ConsoleSessions, defaultSessionLimits, type SessionLimits } from './sessions.ts'

/** What an operator may set. */
export interface LoginSettings {
  /** Whose users sign in by their bare name, and people of the OpenID provider. */
  readonly account: string
  /** Where people reach the console, when it is not where the server listens: its origin, such as `https://events.example.com`. */
  readonly consoleUrl?: string | undefined
  readonly oidc?: OidcSettings | undefined
  readonly sessions?: Partial<SessionLimits>
  readonly attempts?: AttemptLimits
  readonly hashCost?: HashCost
}

export interface LoginParts {
  readonly documents: Documents
  readonly secrets: SecretBox
  readonly keys: KeyDirectory
  readonly source: () => LoginSource
  readonly clock: Clock
  readonly random: Random
}

/** Who may sign in to the console, and who has. */
export interface Login {
  /** Whose users sign in by their bare name. */
  readonly account: string
  readonly consoleUrl: string | undefined
  readonly passwords: Passwords
  readonly sessions: ConsoleSessions
  /** Where an OpenID provider is set. */
  readonly oidc: OidcSignIn | undefined
  /** `user`, or `user@account`. Rejects with `login.failed`, `login.too-many-attempts` and `login.busy`. */
  byPassword(name: string, password: string, address: string): Promise<SessionOwner>
  /** `<accessKeyId>.<accessKeySecret>` of an account or a user. Throws `login.failed` and `login.too-many-attempts`. */
  byKey(token: string, address: string): SessionOwner
  /** Who a person of the OpenID provider is here. Throws `login.user-unknown`. */
  byClaims(claims: Readonly<Record<string, unknown>>): SessionOwner
  /** Whose attempt it is, for records, whether they exist or not. */
  named(name: string): Person
}

interface Person {
  readonly account: string
  readonly user: string
}

/** Loads passwords and sessions. */
export async function openLogin(parts: LoginParts, settings: LoginSettings): Promise<Login> {
  const { documents, secrets, source, keys, clock, random } = parts
  const limits = { ...defaultSessionLimits, ...settings.sessions }
  const attempts = new LoginAttempts(clock, settings.attempts)
  const passwords = await Passwords.open({
    documents,
    box: secrets.forPurpose('console password'),
    source,
    hasher: new PasswordHasher(settings.hashCost),
    clock,
  })
  const standing: Standing = {
    source,
    keys,
    passwordChangedAtMs: (account, user) => passwords.changedAtMs(account, user),
  }
  const { authenticate } = bearerScheme(keys)

  const named = (name: string): Person => personNamed(name, settings.account)

  return {
    account: settings.account,
    consoleUrl: settings.consoleUrl,
    passwords,
    sessions: await ConsoleSessions.open({ documents, standing, clock, random }, limits),
    oidc: settings.oidc === undefined ? undefined : new OidcSignIn(settings.oidc, clock),
    named,

    async byPassword(name, password, address) {
      const person = named(name)
      const attempt = attempts.begin(`${person.account}/${person.user}`, address)
      return await ownerByPassword({ passwords, source }, person, password, attempt)
    },

    byKey(token, address) {
      const [keyId = ''] = token.split('.', 1)
      const attempt = attempts.begin(`key ${keyId}`, address)
      const principal = authenticate({ authorization: `Bearer ${token}` }, 'POST', '/')
      // Temporary keys are for programs, and end by themselves.
      if (!isPrincipal(principal) || principal.actor.kind === 'session') throw loginFailed()
      attempt.uncount()
      const { account, actor } = principal
      if (actor.kind === 'root') return { account, way: 'key', actor, keyId }
      const createdAtMs = source().users.get(`${account}/${actor.name}`)?.createdAtMs ?? 0
      return { account, way: 'key', actor, keyId, user: { name: actor.name, createdAtMs } }
    },

    byClaims(claims) {
      const { account, oidc } = settings
      if (oidc === undefined) throw loginFailed()
      const endsAtMs = clock.nowMs() + limits.sessionMs
      return ownerOfPerson(claims, oidc, { account, source: source(), endsAtMs })
    },
  }
}

function personNamed(name: string, ownAccount: string): Person {
  const [, user = name, account = ownAccount] = /^([^@]*)@([0-9]{1,20})$/.exec(name) ?? []
  return { account, user }
}

async function ownerByPassword(
  { passwords, source }: { readonly passwords: Passwords; readonly source: () => LoginSource },
  { account, user }: Person,
  password: string,
  attempt: Attempt,
): Promise<SessionOwner> {
  // As they were before: what is changed meanwhile does not count for who comes with the old.
  const made = source().users.get(`${account}/${user}`)
  const passwordChangedAtMs = passwords.changedAtMs(account, user)
  let isRight = false
  try {
    isRight = await passwords.isRight(account, user, password)
  } catch (thrown) {
    // Nothing was compared.
    attempt.uncount()
    throw thrown
  }
  if (!isRight || made === undefined || passwordChangedAtMs === undefined) throw loginFailed()
  attempt.uncount()
  const { createdAtMs } = made
  return {
    account,
    way: 'password',
    actor: { kind: 'user', name: user },
    user: { name: user, createdAtMs },
    passwordChangedAtMs,
  }
}
