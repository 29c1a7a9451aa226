import { mkdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { once } from 'node:events'
import type { Sandbox } from '../sandbox.ts'
import { userId } from './arguments.ts'

/** A sandbox that says nothing for so long does not work. */
const answerTimeoutMs = 10_000

/** Run inside first, where the network is connected: that takes a moment, and needs a process that lives. */
const waitForNetwork = `
while ! grep -q tap0: /proc/net/dev; do sleep 0.01; done
while ! grep -q '^tap0\t00000000' /proc/net/route; do sleep 0.01; done
`

/** Run inside: what the kernel says about the process, and what it sees. */
const script = `
cat /proc/self/status
echo "user=$(id -u)"
echo "folders=$(ls / | tr '\\n' ' ')"
echo "processes=$(ls -d /proc/[0-9]* | wc -l)"
if test -w /tmp && ! test -w /code && ! test -w /; then echo writable=own; fi
if test -S "$MILLRACE_SOCKET"; then echo socket=seen; fi
`

/**
 * Starts a program in the sandbox and looks whether it is as far apart as it should be. Resolves with the reason why
 * not, or with `undefined`. With the network `on` it is connected, too. `folder` is for its files and is removed.
 */
export async function selfTest(
  sandbox: Sandbox,
  folder: string,
  filtered: boolean,
  network: 'on' | 'off',
): Promise<string | undefined> {
  const folders = {
    socketPath: join(folder, 'self-test', 's'),
    temporaryPath: join(folder, 'self-test', 'tmp'),
    codePath: join(folder, 'self-test', 'code'),
    layersPath: undefined,
  }
  await mkdir(folders.temporaryPath, { recursive: true })
  await mkdir(folders.codePath, { recursive: true, mode: 0o755 })
  let server: Server | undefined
  try {
    server = createServer().listen(folders.socketPath)
    await once(server, 'listening')
    return await run(sandbox, folders, filtered, network)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    server?.close()
    await rm(join(folder, 'self-test'), { recursive: true, force: true })
  }
}

async function run(
  sandbox: Sandbox,
  folders: Parameters<Sandbox['spawn']>[2],
  filtered: boolean,
  network: 'on' | 'off',
): Promise<string | undefined> {
  const plan = {
    command: '/bin/sh',
    args: ['-c', `${network === 'on' ? waitForNetwork : ''}${script}`],
    environment: {},
    readOnlyPaths: [],
  }
  const limits = { memoryMiB: 64, cpu: 1, diskMiB: 8, network }
  const instance = await sandbox.spawn(plan, limits, folders)
  const timer = setTimeout(() => instance.kill(), answerTimeoutMs)
  try {
    const [output, errors, exit] = await Promise.all([
      text(instance.output),
      text(instance.errorOutput),
      instance.exited,
    ])
    if (exit.code !== 0)
      return errors.trim().split('\n').at(-1) || `it ended with ${exit.signal ?? exit.code}`
    return findHole(output, filtered)
  } finally {
    clearTimeout(timer)
  }
}

function findHole(output: string, filtered: boolean): string | undefined {
  const expected: [string, RegExp][] = [
    ['it has rights of root', /^CapEff:\s+0+$/m],
    ['it could get rights of root', /^CapBnd:\s+0+$/m],
    ['programs could give it rights', /^NoNewPrivs:\s+1$/m],
    ['system calls are not filtered', filtered ? /^Seccomp:\s+2$/m : /^/],
    ['it is not the user it should be', new RegExp(`^user=${userId}$`, 'm')],
    [
      'it sees folders of the machine',
      /^folders=(?:(?:bin|code|dev|etc|lib\w*|opt|proc|run|sbin|tmp|usr) )+$/m,
    ],
    ['it sees processes of the machine', /^processes=[1-9]$/m],
    ['it can write where it should not, or not where it should', /^writable=own$/m],
    ['it does not see its socket', /^socket=seen$/m],
  ]
  return expected.find(([, pattern]) => !pattern.test(output))?.[0]
}

/** What to do about a reason, as a sentence with a command. */
export async function advice(reason: string): Promise<string> {
  const setting = async (path: string): Promise<string | undefined> =>
    (await readFile(`/proc/sys/${path}`, 'utf8').catch(() => undefined))?.trim()
  if ((await setting('kernel/apparmor_restrict_unprivileged_userns')) === '1') {
    return 'AppArmor keeps ordinary users from making namespaces: install the profile for bwrap (apt-get install apparmor-profiles), or run sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
  }
  if ((await setting('kernel/unprivileged_userns_clone')) === '0') {
    return 'the kernel keeps ordinary users from making namespaces: run sysctl -w kernel.unprivileged_userns_clone=1'
  }
  if ((await setting('user/max_user_namespaces')) === '0') {
    return 'the kernel makes no user namespaces: run sysctl -w user.max_user_namespaces=10000'
  }
  if (/namespace|not permitted|mount|denied/i.test(reason)) {
    return 'in a container start it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined, as docs/operate/isolation.md says'
  }
  return 'run bwrap --unshare-all --ro-bind / / true to see more'
}
