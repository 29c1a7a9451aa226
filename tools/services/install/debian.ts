import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { findProgram, runToEnd } from './command.ts'

const policyFile = '/usr/sbin/policy-rc.d'

/** Two programs that install at once wait for each other this long, in seconds. */
const packageLockSeconds = 300

/**
 * Installs packages of Debian and its kin. The system's own service is not started: only instances of ours run, with
 * settings and data of their own. Rejects with the command for a person where this cannot be done here.
 */
export async function installPackages(
  packages: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  if (findProgram('apt-get') === undefined)
    throw new Error(
      `no apt-get here: install ${packages.join(', ')} with the package manager of this system, without starting its service`,
    )
  if (process.getuid?.() !== 0)
    throw new Error(
      `installing needs root: sudo apt-get install --no-install-recommends ${packages.join(' ')}`,
    )
  print(`apt-get install ${packages.join(' ')}`)
  using _noStart = forbidServiceStarts()
  const install = [
    '-y',
    '-qq',
    '-o',
    `DPkg::Lock::Timeout=${packageLockSeconds}`,
    'install',
    '--no-install-recommends',
    ...packages,
  ]
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await runToEnd('apt-get', install, { environment })
  } catch {
    // The lists of a new machine are empty or old.
    await runToEnd('apt-get', ['-qq', 'update'], { environment })
    await runToEnd('apt-get', install, { environment })
  }
}

/** The package scripts ask this file whether they may start a service. One that is there stays. */
function forbidServiceStarts(): Disposable {
  const isOurs = !existsSync(policyFile)
  if (isOurs) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  return {
    [Symbol.dispose]: () => {
      if (isOurs) rmSync(policyFile, { force: true })
    },
  }
}
