import type { ChildProcess } from 'node:child_process'

/** Remembers the child processes of a run, so that none outlives it. */
export class ProcessKeeper implements Disposable {
  readonly #children = new Set<ChildProcess>()
  readonly #onExit = () => this.killAll()

  constructor() {
    process.on('exit', this.#onExit)
  }

  /** Takes a child into its keeping until it ends. */
  keep<Child extends ChildProcess>(child: Child): Child {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    this.killAll()
  }
}
