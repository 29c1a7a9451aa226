import type { Transport } from './transport.ts'

/** Somebody who is signed in to the console. */
export interface ConsoleSession {
  id: string
  principal: string
  way: 'password' | 'key' | 'oidc'
  createdAtMs: number
  seenAtMs: number
  endsAtMs: number
}

/** Who may sign in to the console with a password, and who has. */
export class ConsoleLoginClient {
  private readonly transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** Sets the password of a user, 12 to 256 characters, and ends their sessions. */
  setPassword(user: string, password: string): Promise<{ changedAtMs: number; sessionsEnded: number }> {
    return this.transport.json('PUT', passwordPath(user), { password })
  }

  removePassword(user: string): Promise<void> {
    return this.transport.json('DELETE', passwordPath(user))
  }

  /** The newest first. */
  async sessions(): Promise<ConsoleSession[]> {
    return (await this.transport.json<{ items: ConsoleSession[] }>('GET', sessionsPath)).items
  }

  revokeSession(id: string): Promise<void> {
    return this.transport.json('DELETE', `${sessionsPath}/${encodeURIComponent(id)}`)
  }
}

const sessionsPath = '/api/v1/console-sessions'

function passwordPath(user: string): string {
  return `/api/v1/users/${encodeURIComponent(user)}/password`
}
