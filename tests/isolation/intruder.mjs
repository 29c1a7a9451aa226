/**
 * The code of a function that tries to get out. It answers what it got hold of, or why it got nothing. No attempt may
 * do harm where it succeeds: files are opened for writing and not written, what is made lies in a folder of its own.
 */
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { connect } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/** `got` marks what must not be had; the rest is the reason. */
async function attempt(act) {
  try {
    return `got ${String(await act()).slice(0, 200)}`
  } catch (error) {
    return String(error.code ?? error.message).slice(0, 200)
  }
}

function search(folder, depth, found) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth > 0) search(path, depth - 1, found)
    else found.push(path)
  }
  return found
}

function reach(target) {
  return new Promise((resolve, reject) => {
    const socket = connect(target)
    const end = act => {
      socket.destroy()
      act()
    }
    socket.setTimeout(2_000, () => end(() => reject(new Error('no answer'))))
    socket.on('connect', () => end(() => resolve('a connection')))
    socket.on('error', error => end(() => reject(error)))
  })
}

/** Runs a program; got, when it ends well. */
function program(name, ...args) {
  return (
    execFileSync(name, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 5_000 }).toString() || 'success'
  )
}

/** A folder that may be spoiled. */
function ownFolder() {
  return mkdtempSync(join(tmpdir(), 'spoiled-'))
}

/** Throws unless the file could be written; nothing is. */
function writable(path) {
  closeSync(openSync(path, constants.O_WRONLY | constants.O_APPEND))
  return 'writable'
}

function serverSecrets() {
  for (const id of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    const text = `${readOrEmpty(`/proc/${id}/environ`)}${readOrEmpty(`/proc/${id}/cmdline`)}`
    if (text.includes('MILLRACE_ACCESS_KEY_SECRET')) return text
  }
  throw new Error('no such process')
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

const attempts = {
  'the data folder': ({ data }) => readdirSync(data),
  'the credentials': ({ data }) => readFileSync(join(data, 'credentials.json')),
  'the key of secrets': ({ data }) => readFileSync(join(data, 'secret.key')),
  "another function's code": ({ data }) => readFileSync(search(join(data, 'code'), 3, [])[0]),
  "another function's files": () => readFileSync('/tmp/of-the-victim'),
  "another function's files, by their folder": ({ data }) =>
    readFileSync(search(join(data, 'run'), 2, []).find(path => path.endsWith('of-the-victim'))),
  'the socket of another instance': ({ data }) => {
    const sockets = search(join(data, 'run'), 2, []).filter(path => statSync(path).isSocket())
    return sockets.length > 0 ? sockets : Promise.reject(new Error('no sockets'))
  },
  'the environment of the server': ({ server }) => readFileSync(`/proc/${server}/environ`),
  'the secrets of some process': serverSecrets,
  'the memory of the server': ({ server }) => readFileSync(`/proc/${server}/maps`),
  'the files of the server, by its process': ({ server }) => readdirSync(`/proc/${server}/root`),
  'a signal to the server': ({ server }) => process.kill(server, 0) || 'reached',
  'a signal to another instance': ({ victim }) => process.kill(victim, 0) || 'reached',
  "the server's port": ({ port }) => reach({ host: '127.0.0.1', port }),
  'another port of the machine': ({ otherPort }) => reach({ host: '127.0.0.1', port: otherPort }),
  "the machine's own address": ({ address, otherPort }) => reach({ host: address, port: otherPort }),
  'a user namespace': () => program('unshare', '--user', '--map-root-user', 'id'),
  'a mount namespace': () => program('unshare', '--mount', 'true'),
  'a mount': () => program('mount', '-t', 'tmpfs', 'tmpfs', ownFolder()),
  'another root': () => program('chroot', '/', 'true'),
  'a device': () => program('mknod', join(ownFolder(), 'null'), 'c', '1', '3'),
  'another user': () => program('setpriv', '--reuid', '0', 'id'),
  'the host name': () => program('hostname', hostname()),
  'a change of its code': () => writable('/code/index.mjs'),
  'a change of the system': () => writable('/usr/bin/env'),
  'a change of the users': () => writable('/etc/passwd'),
  'a file beside its own': () => accessSync('/', constants.W_OK) ?? 'writable',
  'a file among the devices': () => accessSync('/dev', constants.W_OK) ?? 'writable',
  'a setting of the kernel': () => writable('/proc/sys/kernel/core_pattern'),
  'the switch of the kernel': () => writable('/proc/sysrq-trigger'),
  'the processes of the machine': () => {
    const count = readdirSync('/proc').filter(name => /^\d+$/.test(name)).length
    return count > 20 ? `${count} processes` : Promise.reject(new Error(`${count} processes`))
  },
}

async function all(facts) {
  const results = {}
  for (const [name, act] of Object.entries(attempts)) {
    if (facts.only === undefined || facts.only.includes(name)) results[name] = await attempt(() => act(facts))
  }
  return results
}

/** Fills its folder until that fails; answers how much went in. */
function fill() {
  const block = Buffer.alloc(1_048_576, 1)
  let mebibytes = 0
  try {
    for (; mebibytes < 512; mebibytes++) appendFileSync('/tmp/heap', block)
  } catch (error) {
    return { mebibytes, code: error.code }
  } finally {
    rmSync('/tmp/heap', { force: true })
  }
  return { mebibytes }
}

/** Takes memory without end, up to what a machine can bear without a limit. */
function hoard() {
  const held = []
  while (held.length < 512) held.push(Buffer.alloc(4_194_304, 1))
  return `${held.length * 4} MiB`
}

/** Kills all it can reach; only where it counts processes from the beginning, so that they are its own. */
function killAll() {
  if (process.pid > 100) return 'not apart'
  for (let id = 1; id < 65_536; id++) {
    if (id === process.pid) continue
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // Nobody there, or nobody of ours.
    }
  }
  return 'tried'
}

const deeds = { all, fill, hoard, killAll }

export const handler = async event => {
  const { deed, facts } = JSON.parse(event.toString())
  return JSON.stringify(await deeds[deed](facts))
}
