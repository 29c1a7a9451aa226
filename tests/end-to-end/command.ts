import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { repositoryRoot } from '../../tools/process/index.ts'

/** Longest wait for a condition, in milliseconds: far above what a slow machine needs, so that only a hang reaches it. */
export const patienceMs = 45_000

/** Limit of a test that waits for several conditions, in milliseconds. */
export const testLimitMs = 150_000

/** How a command line ended. */
export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly error: string
}

/** One command line of `millrace` in a process of its own, which does not outlive the test that launched it. */
export class MillraceCommand {
  out = ''
  error = ''
  private readonly child: ChildProcess
  private readonly closed: Promise<void>

  private constructor(child: ChildProcess) {
    this.child = child
    this.closed = once(child, 'close').then(() => {})
    child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (this.error += chunk.toString()))
  }

  static launch(args: readonly string[], environment: Record<string, string>): MillraceCommand {
    const bin = join(repositoryRoot, 'packages/cli/bin/millrace.js')
    const child = spawn(process.execPath, [bin, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const command = new MillraceCommand(child)
    onTestFinished(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await command.closed
    })
    return command
  }

  /** Resolves once its output has the text as often as told. */
  async shows(text: string, times = 1): Promise<void> {
    await expect
      .poll(() => this.out.split(text).length - 1, { timeout: patienceMs, message: `${text} in ${this.out}` })
      .toBeGreaterThanOrEqual(times)
  }

  /** Resolves once its error stream has the text. */
  async complains(text: string): Promise<void> {
    await expect.poll(() => this.error, { timeout: patienceMs }).toContain(text)
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Reads no more of its output, as `head` does when it has enough. */
  leave(): void {
    this.child.stdout?.destroy()
  }

  /** Resolves when it has ended and everything it wrote is here. */
  async ended(): Promise<Ended> {
    await this.closed
    return { status: this.child.exitCode, out: this.out, error: this.error }
  }
}

/** Runs one command line of `millrace` to its end. */
export function millrace(args: readonly string[], environment: Record<string, string>): Promise<Ended> {
  return MillraceCommand.launch(args, environment).ended()
}
